"use strict";

// Al abrir el curso desde el disco, el navegador no deja leer otras páginas: sin extractos en la búsqueda.
if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}

// Una caja que se desplaza ha de poder alcanzarse con el teclado.
function reachScrollable() {
  const boxes = "div.math, mjx-container[display=true], .pst-scrollable-table-container, div.highlight pre";
  for (const box of document.querySelectorAll(boxes)) {
    if (box.scrollWidth > box.clientWidth) {
      box.tabIndex = 0;
    }
  }
}

addEventListener("load", () => {
  const typeset = window.MathJax?.startup?.promise ?? Promise.resolve();
  typeset.then(reachScrollable);
  addEventListener("resize", reachScrollable);
});
