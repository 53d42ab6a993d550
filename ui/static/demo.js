// The demo's documentation site: dark or light, as many sites do it.
"use strict";
document.documentElement.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.addEventListener("click", (event) => {
  if (!event.target.closest(".theme")) return;
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark";
});
