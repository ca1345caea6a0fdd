"use strict";
(() => {
  const root = document.documentElement;
  const views = new Map();
  window.facetally = { views };

  // Beside the page there is room for the contents; above it, they would fill the screen.
  const contents = document.querySelector("nav > details");
  const wide = matchMedia("(min-width: 64rem)");
  const unfold = () => { if (contents) contents.open = wide.matches; };
  wide.addEventListener("change", unfold);
  unfold();

  // Charts. Captions and data are next to them, so screen readers skip the drawings themselves.
  const isDark = () => root.classList.contains("dark");

  const draw = async (place) => {
    const name = place.dataset.chart;
    const spec = JSON.parse(document.querySelector(`script[data-spec="${CSS.escape(name)}"]`).text);
    const link = document.querySelector(`a[data-csv="${CSS.escape(name)}"]`);
    if (link && !link.href.startsWith("blob:")) {
      link.href = URL.createObjectURL(new Blob([spec.datasets.timeline], { type: "text/csv" }));
    }
    const theme = isDark() ? "dark" : undefined;
    const line = isDark() ? "#3a414c" : "#d5dae1";
    const config = {
      background: "transparent",
      autosize: { type: "fit-x", contains: "padding" },
      font: "system-ui, sans-serif",
      axis: { labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", gridColor: line, domainColor: line, tickColor: line },
      legend: { labelFontSize: 12 },
      view: { stroke: line },
    };
    const options = { renderer: "svg", actions: false, theme, config, tooltip: { theme } };
    views.get(name)?.finalize();
    views.set(name, (await vegaEmbed(place, spec, options)).view);
    place.dataset.drawn = "";
  };

  // Draw charts one by one as they come into view and the rest when the browser is idle,
  // except those in closed sections, which have no width yet.
  let queue = Promise.resolve();
  const drawn = new Set();
  const enqueue = (place) => {
    if (drawn.has(place) || !place.offsetWidth) return;
    drawn.add(place);
    queue = queue.then(() => draw(place)).catch((error) => {
      place.textContent = `This chart cannot be drawn: ${error.message}`;
    });
  };
  const places = [...document.querySelectorAll("[data-chart]")];
  const sight = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => enqueue(entry.target)),
    { rootMargin: "400px" },
  );
  places.forEach((place) => sight.observe(place));
  const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 50));
  const drawRest = () => {
    const next = places.find((place) => !drawn.has(place) && place.offsetWidth);
    if (!next) return;
    enqueue(next);
    queue.then(() => idle(drawRest));
  };
  idle(drawRest);
  document.querySelectorAll("details.video, details.person").forEach((section) =>
    section.addEventListener("toggle", () => section.querySelectorAll("[data-chart]").forEach(enqueue)),
  );

  root.addEventListener("theme", () =>
    [...drawn].forEach((place) => {
      drawn.delete(place);
      enqueue(place);
    }),
  );

  // A link to a video or a person opens its section.
  const open = () => {
    const section = document.getElementById(location.hash.slice(1));
    if (section?.matches("details")) {
      section.open = true;
      section.scrollIntoView();
    }
  };
  window.addEventListener("hashchange", open);
  open();

  // Annotated clips are made on request: show the button only if the clip exists.
  const probe = (place) => {
    const button = place.querySelector("button");
    const video = document.createElement("video");
    Object.assign(video, { controls: true, muted: true, preload: "metadata" });
    video.addEventListener("loadedmetadata", () => { place.hidden = false; }, { once: true });
    video.src = button.dataset.clip;
    button.addEventListener("click", () => {
      button.replaceWith(video);
      video.play().catch(() => {});
    });
  };
  const clips = new IntersectionObserver((entries) =>
    entries.filter((entry) => entry.isIntersecting).forEach(({ target }) => {
      clips.unobserve(target);
      probe(target.querySelector(".clip"));
    }),
  );
  document.querySelectorAll(".of-detector").forEach((section) => clips.observe(section));

  // The table of videos.
  const rows = document.getElementById("video-rows");
  if (rows) {
    const { columns, data } = JSON.parse(rows.text);
    const text = (value) => {
      const cell = document.createElement("span");
      cell.textContent = value ?? "";
      return cell.innerHTML;
    };
    const shown = {
      text,
      words: (value) => text(value?.replaceAll("_", " ")),
      share: (value) => (value === null ? "" : `${(100 * value).toFixed(1)} %`),
      pixels: (value) => (value === null ? "" : String(value)),
      right: (value) => (value === null ? "" : value ? '<span class="right">✓ right</span>' : '<span class="wrong">✗ wrong</span>'),
      link: (value, row) => `<a href="${text(row[row.length - 1]).replaceAll('"', "&quot;")}">${text(value)}</a>`,
    };
    const numeric = (kind) => kind === "share" || kind === "pixels";
    // The value to sort and search by; missing values sort first.
    const plain = (kind, value) =>
      numeric(kind) ? value ?? -1 : typeof value === "boolean" ? (value ? "right" : "wrong") : value ?? "";
    addEventListener("load", () => {
      const Table = window.dataTables.default;
      window.facetally.table = new Table("#video-table", {
        data,
        deferRender: true,
        order: [],
        pageLength: 25,
        lengthMenu: [10, 25, 100, 1000],
        language: { search: "Search videos:", zeroRecords: "No videos match", info: "_START_ to _END_ of _TOTAL_ _ENTRIES-TOTAL_", entries: { _: "videos", 1: "video" }, infoEmpty: "No videos", infoFiltered: "(of _MAX_)", lengthMenu: "_MENU_ per page" },
        columns: columns.map(({ title, kind }, at) => ({
          title,
          className: numeric(kind) ? "dt-right" : "dt-left",
          type: numeric(kind) ? "num" : "string",
          render: (value, type, row) => {
            if (type === "display") return shown[kind](value, row);
            // DataTables treats the text to search as markup.
            return type === "filter" ? text(plain(kind, value)) : plain(kind, value);
          },
          data: at,
        })),
      });
    });
  }
})();
