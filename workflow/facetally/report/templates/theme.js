"use strict";
// Light or dark: the system's choice until the reader makes one.
(() => {
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const button = document.getElementById("theme");
  const setTheme = (dark) => {
    root.classList.toggle("dark", dark);
    root.classList.toggle("light", !dark);
    button.textContent = dark ? "Light page" : "Dark page";
    root.dispatchEvent(new Event("theme"));
  };
  button.hidden = false;
  button.addEventListener("click", () => setTheme(!root.classList.contains("dark")));
  system.addEventListener("change", () => setTheme(system.matches));
  setTheme(system.matches);
})();
