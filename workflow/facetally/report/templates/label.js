"use strict";
(() => {
  const { dataset, seed, clips } = JSON.parse(document.getElementById("study").text);
  const of = (id) => document.getElementById(id);
  const video = of("clip");
  const answers = [...document.querySelectorAll("[data-answer]")];
  const HEADER = ["filename", "label", "rater"];

  let rater = "";
  let labels = {};
  let order = [];
  let at = 0;
  let kept = true;

  // Videos are ordered by a hash (FNV-1a with MurmurHash3's final mix), so that either of two is
  // equally likely to come first and adding a video does not reorder the others.
  const hash = (text) => {
    let value = 0x811c9dc5;
    for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193);
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return (value ^ (value >>> 16)) >>> 0;
  };
  const shuffled = () =>
    clips
      .map((clip) => ({ ...clip, turn: hash(`${seed} ${rater.toLowerCase()} ${clip.name}`) }))
      .sort((one, other) => one.turn - other.turn || (one.name < other.name ? -1 : 1));

  // Where the browser stores labels, by study and rater: studies may have datasets of the same name.
  const place = () => `facetally ${location.pathname} ${rater.toLowerCase()}`;
  const keep = () => {
    try {
      localStorage.setItem(place(), JSON.stringify(labels));
    } catch {
      kept = false;
    }
  };
  const recall = () => {
    try {
      return JSON.parse(localStorage.getItem(place())) ?? {};
    } catch {
      return {};
    }
  };

  const isLabelled = ({ name }) => Object.hasOwn(labels, name);
  const given = () => order.filter(isLabelled);
  const say = (text) => {
    of("status").textContent = kept ? text : `${text} This browser cannot store your answers: save before you close the page.`;
  };

  const show = (section) => {
    for (const id of ["start", "rate", "end"]) of(id).hidden = id !== section;
    if (section !== "rate") video.pause();
  };

  const play = () => {
    video.currentTime = 0;
    // Some browsers autoplay only silent videos, or none.
    video.play().catch(() => {
      if (!video.error) say("Press Replay to play the video.");
    });
  };

  const mark = () => {
    const own = labels[order[at]?.name];
    for (const button of answers) button.setAttribute("aria-pressed", button.dataset.answer === own);
    of("progress").value = given().length;
    of("back").disabled = at === 0;
    for (const button of document.querySelectorAll(".save")) {
      button.querySelector(".number").textContent = given().length;
      button.disabled = !given().length;
    }
  };

  const go = (to) => {
    at = to;
    if (at >= order.length) {
      const counts = answers.map(({ dataset: { answer } }) =>
        `${answer} ${order.filter(({ name }) => labels[name] === answer).length}`);
      of("counts").textContent = `${counts.join(", ")}.`;
      mark();
      show("end");
      of("end-title").focus();
      return;
    }
    of("place").textContent = `Video ${at + 1} of ${order.length}`;
    of("trouble").hidden = true;
    unveil(false);
    mark();
    show("rate");
    video.src = order[at].src;
    play();
    of("place").focus({ preventScroll: true });
  };

  const unveil = (open) => {
    of("file-name").hidden = !open;
    of("file-name").textContent = open ? order[at].name : "";
    of("name").setAttribute("aria-expanded", open);
  };

  const answer = (label) => {
    labels[order[at].name] = label;
    keep();
    say(`Last answer: ${label}.`);
    const next = order.findIndex((clip, number) => number > at && !isLabelled(clip));
    const earlier = order.findIndex((clip) => !isLabelled(clip));
    go(next >= 0 ? next : earlier >= 0 ? earlier : order.length);
  };

  const start = (name) => {
    rater = name.normalize("NFC");
    labels = { ...labels, ...recall() };
    keep();
    order = shuffled();
    const first = order.findIndex((clip) => !isLabelled(clip));
    say(given().length ? `Welcome back, ${rater}: ${given().length} of ${order.length} are labelled.` : "");
    go(first >= 0 ? first : order.length);
  };

  // CSV, RFC 4180.
  const field = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const save = () => {
    const rows = [...clips].filter(isLabelled).map(({ name }) => [name, labels[name], rater]);
    const text = [HEADER, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `${dataset}-${rater}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    say(`${rows.length} labels saved as ${link.download}.`);
  };
  const rowsOf = (text) =>
    text.split(/\r?\n/).filter(Boolean).map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain));
  const load = async (file) => {
    const [header, ...rows] = rowsOf(await file.text());
    const known = new Set(answers.map((button) => button.dataset.answer));
    const whose = new Set(rows.map((row) => row[2]));
    if (header?.join() !== HEADER.join() || whose.size !== 1 || !rows.every((row) => known.has(row[1]))) {
      say(`${file.name} was not saved by this page: choose another file.`);
      return;
    }
    labels = Object.fromEntries(rows.map(([name, label]) => [name, label]));
    [of("rater").value] = whose;
    say(`${rows.length} labels by ${of("rater").value} loaded. Press Start to continue.`);
  };

  if (!clips.length) return show("start");
  of("who").addEventListener("submit", (event) => {
    event.preventDefault();
    start(of("rater").value);
  });
  of("rater").addEventListener("input", () => { labels = {}; });
  of("saved").addEventListener("change", ({ target }) => target.files.length && load(target.files[0]));
  for (const button of answers) button.addEventListener("click", () => answer(button.dataset.answer));
  for (const button of document.querySelectorAll(".save")) button.addEventListener("click", save);
  of("replay").addEventListener("click", play);
  of("back").addEventListener("click", () => go(at - 1));
  of("again").addEventListener("click", () => go(order.length - 1));
  of("name").addEventListener("click", () => unveil(of("file-name").hidden));
  video.addEventListener("error", () => {
    of("trouble").textContent =
      "This browser cannot play this video. Save your answers, and ask whoever runs the study for previews of all videos (label: {previews: all} in config.yaml).";
    of("trouble").hidden = false;
  });

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || of("start").hidden === false) return;
    const onButton = target.matches("button, summary");
    const button =
      key === "Backspace" ? (of("end").hidden ? of("back") : of("again"))
      : key === " " ? (onButton ? null : of("replay"))
      : key === "n" ? of("name")
      : key === "s" ? document.querySelector("section:not([hidden]) .save")
      : answers.find((one) => one.getAttribute("aria-keyshortcuts") === key);
    if (!button) return;
    event.preventDefault();
    if (!event.repeat && !button.closest("[hidden]")) button.click();
  }, true);

  show("start");
  of("rater")?.focus();
})();
