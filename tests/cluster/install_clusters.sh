#!/bin/sh
# Install SLURM and Grid Engine from Debian's packages, where they are missing; start neither.
set -eu
programs="munged slurmctld slurmd sbatch sge_qmaster sge_execd qsub"
missing=""
for program in $programs; do
    command -v "$program" >/dev/null || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "facetally: not installed:$missing; install slurm-wlm, munge, gridengine-master," \
        "gridengine-exec and gridengine-client, as root on Debian" >&2
    exit 1
fi
# Installing starts their daemons, with a configuration that is not the tests'.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod +x "$policy"
    trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
echo "gridengine-common shared/gridengineconfig boolean false" | debconf-set-selections
apt-get update --quiet=2
apt-get install --quiet=2 --yes --no-install-recommends \
    slurm-wlm munge gridengine-master gridengine-exec gridengine-client >/dev/null
