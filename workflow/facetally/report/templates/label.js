"use strict";
(() => {
  const { dataset, seed, clips } = JSON.parse(document.getElementById("study").text);
  const of = (id) => document.getElementById(id);
  const video = of("clip");
  const answers = [...document.querySelectorAll("[data-answer]")];
  const HEADER = ["filename", "label", "rater", "time"];
  const WITHOUT_TIME = HEADER.slice(0, 3);
  const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
  const NAMED_AT_MOST = 10;
  const TO_PLAY = "Press Replay to play the video.";
  const FOR_PREVIEWS =
    "Save your answers, and ask whoever runs the study for previews of all videos (label: {previews: all} in config.yaml).";
  const LABELS = new Set(answers.map((button) => button.dataset.answer));

  let rater = "";
  // What the rater says, by video: {label, time}. The time is ISO 8601 in UTC; empty if unknown.
  let labels = new Map();
  let order = [];
  let at = 0;
  // From a file, before Start: {file, rater, labels}.
  let loaded = null;
  let isRenaming = false;
  // Videos without an answer that this sitting passes over.
  const skipped = new Set();
  // Videos whose answer the browser could not store, and whether a file lacks one of them.
  const unstored = new Set();
  let isStoring = true;
  let isAtRisk = false;

  const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const listed = (items) =>
    items.slice(0, NAMED_AT_MOST).join(", ")
    + (items.length > NAMED_AT_MOST ? ` and ${(items.length - NAMED_AT_MOST).toLocaleString("en")} more` : "");
  const moment = (answer) => (answer && TIME.test(answer.time) && Date.parse(answer.time)) || 0;

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

  // Where the browser stores answers, by study and rater: studies may have datasets of the same
  // name. Each answer is an item of its own, so that two tabs never overwrite each other's.
  const place = (name) => `facetally ${location.pathname} ${name.toLowerCase()}`;
  const put = (key, value) => {
    try {
      localStorage.setItem(key, value);
      return true;
    } catch {
      return false;
    }
  };
  const keep = (names) => {
    for (const name of new Set([...unstored, ...names])) {
      const { label, time } = labels.get(name);
      if (put(`${place(rater)} ${name}`, JSON.stringify([label, time]))) {
        unstored.delete(name);
      } else {
        unstored.add(name);
        isAtRisk = true;
      }
    }
  };
  const parsed = (text) => {
    try {
      return JSON.parse(text);
    } catch {
      return null;
    }
  };
  const recall = (name) => {
    const found = new Map();
    const add = (video, label, time) => {
      if (LABELS.has(label)) found.set(video, { label, time: `${time ?? ""}` });
    };
    try {
      // At first, this page stored all answers of a rater as one item, without times.
      const early = parsed(localStorage.getItem(place(name))) ?? {};
      for (const [video, label] of Object.entries(early)) add(video, label);
      const start = `${place(name)} `;
      for (const key of Object.keys(localStorage).filter((each) => each.startsWith(start))) {
        const item = parsed(localStorage.getItem(key));
        if (Array.isArray(item)) add(key.slice(start.length), ...item);
      }
    } catch {
      // Some browsers have no storage, in private windows for instance.
    }
    return found;
  };
  // Take over what another tab has stored, and return the videos whose answer has changed.
  const refresh = () => {
    const changed = [];
    for (const [name, answer] of recall(rater)) {
      const own = labels.get(name);
      if (unstored.has(name) || (own?.label === answer.label && own.time === answer.time)) continue;
      labels.set(name, answer);
      changed.push(name);
    }
    return changed;
  };

  // Of a file's answers and those stored here, the newer count, by the clocks that gave the times.
  // A stored answer without a time gives way.
  const merged = (stored, own) => {
    const all = new Map(stored);
    const replaced = [];
    const passed = [];
    for (const [name, answer] of own) {
      const before = stored.get(name);
      const wins = !moment(before) || moment(answer) > moment(before);
      if (wins) all.set(name, answer);
      if (before && before.label !== answer.label) {
        (wins ? replaced : passed).push(`${name} (${before.label} here, ${answer.label} in the file)`);
      }
    }
    return { all, replaced, passed };
  };

  const isLabelled = ({ name }) => labels.has(name);
  const given = () => order.filter(isLabelled);
  const say = (text) => {
    const warning = isStoring && !unstored.size
      ? ""
      : "This browser cannot store your answers: save before you close the page.";
    of("status").textContent = [text, warning].filter(Boolean).join(" ");
  };
  const report = (lines) =>
    of("report").replaceChildren(...lines.filter(Boolean).map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));

  const show = (section) => {
    if (of(section).hidden) scrollTo(0, 0);
    for (const id of ["start", "rate", "end"]) of(id).hidden = id !== section;
    if (section !== "rate") video.pause();
  };

  const play = () => {
    const { src } = video;
    video.currentTime = 0;
    // Some browsers autoplay only silent videos, or none. Any other failure is another event's.
    video.play().catch(({ name }) => {
      if (name === "NotAllowedError" && video.src === src && !of("rate").hidden) say(TO_PLAY);
    });
  };

  const mark = () => {
    const own = labels.get(order[at]?.name)?.label;
    const number = given().length;
    for (const button of answers) button.setAttribute("aria-pressed", button.dataset.answer === own);
    of("progress").value = number;
    of("back").disabled = at === 0;
    for (const button of document.querySelectorAll(".save")) {
      button.querySelector(".number").textContent = number;
      button.disabled = !number;
    }
  };

  const sumUp = () => {
    const counts = answers.map(({ dataset: { answer } }) =>
      `${answer} ${order.filter(({ name }) => labels.get(name)?.label === answer).length}`);
    of("counts").textContent = `${counts.join(", ")}.`;
    const without = order.filter((clip) => !isLabelled(clip)).map(({ name }) => name);
    of("end-title").textContent =
      without.length ? `${given().length} of ${counted(order.length, "video")} labelled`
      : order.length === 1 ? "The video is labelled"
      : "All videos are labelled";
    of("left").hidden = of("retry").hidden = !without.length;
    of("left").textContent =
      `${counted(without.length, "video")} without an answer, because you skipped `
      + `${without.length === 1 ? "it" : "them"}: ${listed(without)}. ${FOR_PREVIEWS}`;
    mark();
  };

  const go = (to) => {
    at = to;
    of("trouble").hidden = true;
    if (at >= order.length) {
      sumUp();
      show("end");
      video.removeAttribute("src");
      video.load();
      of("end-title").focus();
      return;
    }
    of("place").textContent = `Video ${at + 1} of ${order.length}`;
    unveil(false);
    mark();
    show("rate");
    video.src = order[at].src;
    play();
    of("place").focus({ preventScroll: true });
  };
  const goOn = () => {
    const isOpen = (clip) => !isLabelled(clip) && !skipped.has(clip.name);
    const next = order.findIndex((clip, number) => number > at && isOpen(clip));
    const earlier = order.findIndex(isOpen);
    go(next >= 0 ? next : earlier >= 0 ? earlier : order.length);
  };

  const unveil = (open) => {
    of("file-name").hidden = !open;
    of("file-name").textContent = open ? order[at].name : "";
    of("name").setAttribute("aria-expanded", open);
  };

  const answer = (label) => {
    refresh();
    const { name } = order[at];
    const before = labels.get(name);
    // Whatever the clock says, an answer is newer than the one that it replaces.
    const time = new Date(Math.max(Date.now(), moment(before) + 1)).toISOString();
    labels.set(name, { label, time });
    keep([name]);
    const instead = before && before.label !== label ? `, instead of ${before.label}` : "";
    const early = video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA && !video.error;
    say(`Last answer: ${label}${instead}${early ? ", given before the video was shown" : ""}.`);
    goOn();
  };
  const skip = () => {
    skipped.add(order[at].name);
    say("Skipped: the video has no answer.");
    goOn();
  };

  const isSame = (one, other) => one.toLowerCase() === other.toLowerCase();
  const start = (stored) => {
    let line = "";
    if (loaded && !isSame(loaded.rater, rater) && !isRenaming) {
      line = `The answers in ${loaded.file} are by ${loaded.rater}, and are not used for ${rater}.`;
      loaded = null;
    }
    const { all, replaced } = merged(stored, loaded?.labels ?? new Map());
    if (replaced.length) {
      line = `${counted(replaced.length, "answer")} replaced by ${loaded.file}: ${listed(replaced)}.`;
    }
    labels = all;
    // Not while the page is loading: that opens the store, and Chromium, on a busy machine, may then
    // open an empty one that is lost with the page.
    addEventListener("storage", takeOver);
    isStoring = put("facetally", "");
    keep([...all].filter(([name, one]) => stored.get(name) !== one).map(([name]) => name));
    order = shuffled();
    const number = given().length;
    const welcome = number
      ? `Welcome back, ${rater}: ${number} of ${order.length} ${number === 1 ? "is" : "are"} labelled.`
      : "";
    say([welcome, line].filter(Boolean).join(" "));
    at = -1;
    goOn();
  };

  const ask = (isAsking) => {
    of("same").hidden = !isAsking;
    of("who").hidden = of("from-file").hidden = isAsking;
  };
  const begin = (name) => {
    rater = name.normalize("NFC");
    const stored = recall(rater);
    if (!stored.size) return start(stored);
    const last = Math.max(...[...stored.values()].map(moment));
    const when = last
      ? `, the last of ${new Date(last).toLocaleString("en-GB", { dateStyle: "long", timeStyle: "short" })}`
      : "";
    of("same-text").textContent =
      `This browser has ${counted(stored.size, "answer")} by ${rater}${when}. Are you the same person?`;
    of("continue").textContent = `Continue as ${rater}`;
    say("");
    ask(true);
    of("continue").focus();
  };
  const rename = () => {
    ask(false);
    isRenaming = true;
    say(`Type another name, such as ${rater}-2, to keep your answers apart.`);
    of("rater").focus();
    of("rater").select();
  };

  // CSV, RFC 4180.
  const field = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const save = () => {
    refresh();
    const rows = clips.filter(isLabelled).map(({ name }) =>
      [name, labels.get(name).label, rater, labels.get(name).time]);
    const text = [HEADER, ...rows].map((row) => `${row.map(field).join(",")}\r\n`).join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = `${dataset}-${rater}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    isAtRisk = false;
    say(`${counted(rows.length, "label")} saved as ${link.download}.`);
  };
  const rowsOf = (text) =>
    text.split(/\r?\n/).filter(Boolean).map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(
        ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain));
  const load = async (file) => {
    loaded = null;
    report([]);
    const text = await file.text().catch(() => null);
    if (text === null) return say(`${file.name} cannot be read: choose it again.`);
    const [header, ...rows] = rowsOf(text);
    const whose = new Set(rows.map((row) => row[2]));
    const isOwn = [HEADER, WITHOUT_TIME].some((columns) => columns.join() === header?.join());
    if (!isOwn || whose.size !== 1 || !rows.every((row) => LABELS.has(row[1]))) {
      return say(`${file.name} was not saved by this page: choose another file.`);
    }
    const onPage = new Set(clips.map(({ name }) => name));
    const used = rows.filter(([name]) => onPage.has(name));
    const absent = rows.filter(([name]) => !onPage.has(name)).map(([name]) => name);
    if (!used.length) {
      report([`Not on this page: ${listed(absent)}.`]);
      return say(
        `None of the ${counted(rows.length, "label")} in ${file.name} is for a video on this page, `
        + `which is for ${dataset}: choose another file.`);
    }
    const [name] = whose;
    const own = new Map(used.map(([video, label, , time]) => [video, { label, time: time ?? "" }]));
    loaded = { file: file.name, rater: name, labels: own };
    isRenaming = false;
    of("rater").value = name;
    const { replaced, passed } = merged(recall(name), own);
    const late = used.filter(([, , , time]) => moment({ time }) > Date.now()).length;
    report([
      absent.length && `${counted(absent.length, "label")} not used, because this page has no such video: ${listed(absent)}.`,
      replaced.length && `Start replaces ${counted(replaced.length, "answer")} that this browser has by ${name}: ${listed(replaced)}.`,
      passed.length && `${counted(passed.length, "label")} not used, because this browser has a newer answer by ${name}: ${listed(passed)}.`,
      late && `${counted(late, "label")} with a time in the future, as a wrong clock gives it: it counts as the newest.`,
    ]);
    say(`${counted(used.length, "label")} by ${name} loaded. Press Start to continue.`);
  };

  if (!clips.length) return show("start");
  of("who").addEventListener("submit", (event) => {
    event.preventDefault();
    begin(of("rater").value);
  });
  of("continue").addEventListener("click", () => start(recall(rater)));
  of("another").addEventListener("click", rename);
  of("saved").addEventListener("change", async ({ target }) => {
    if (target.files.length) await load(target.files[0]);
    target.value = "";  // Or choosing the same file again would be no change.
  });
  for (const button of answers) {
    button.addEventListener("click", ({ detail }) => {
      if (detail > 1) return say("A double click counts once.");
      answer(button.dataset.answer);
    });
  }
  for (const button of document.querySelectorAll(".save")) button.addEventListener("click", save);
  of("replay").addEventListener("click", play);
  const goBack = (to) => {
    say("");
    go(to);
  };
  of("back").addEventListener("click", () => goBack(at - 1));
  of("again").addEventListener("click", () => goBack(order.length - 1));
  of("skip").addEventListener("click", skip);
  of("retry").addEventListener("click", () => {
    skipped.clear();
    say("");
    at = -1;
    goOn();
  });
  of("name").addEventListener("click", () => unveil(of("file-name").hidden));
  video.addEventListener("playing", () => {
    if (of("status").textContent.startsWith(TO_PLAY)) say("");
  });
  video.addEventListener("error", () => {
    if (!video.error) return;
    of("why").textContent =
      `This browser cannot play this video. Skip it, which leaves it without an answer. ${FOR_PREVIEWS}`;
    of("trouble").hidden = false;
  });

  const takeOver = () => {
    if (!of("start").hidden) return;
    const changed = refresh().length;
    if (!changed) return;
    if (of("end").hidden) mark(); else sumUp();
    say(`${counted(changed, "answer")} taken over from another tab of this page.`);
  };
  document.addEventListener("visibilitychange", takeOver);
  // Answers that are neither stored nor saved would be lost.
  addEventListener("beforeunload", (event) => {
    if (isAtRisk) event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    // A key that is held down presses a button once.
    if (event.repeat && key === "Enter" && target.matches("button")) return event.preventDefault();
    if (event.ctrlKey || event.altKey || event.metaKey || of("start").hidden === false) return;
    const onButton = target.matches("button, summary");
    const button =
      key === "Backspace" ? (of("end").hidden ? of("back") : of("again"))
      : key === " " ? (onButton ? null : of("replay"))
      : key === "n" ? of("name")
      : key === "x" ? of("skip")
      : key === "s" ? document.querySelector("section:not([hidden]) .save")
      : answers.find((one) => one.getAttribute("aria-keyshortcuts") === key);
    if (!button) return;
    event.preventDefault();
    if (!event.repeat && !button.closest("[hidden]")) button.click();
  }, true);

  show("start");
  of("rater")?.focus();
})();
