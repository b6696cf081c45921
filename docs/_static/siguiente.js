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

// Lo que se despliega puede traer cajas que antes no se medían; el aviso no sube por el árbol: se captura.
addEventListener("toggle", reachScrollable, true);

// Lo que el buscador resalta dentro de un pliegue cerrado no se vería.
addEventListener("load", () => {
  for (const found of document.querySelectorAll("details .highlighted")) {
    found.closest("details").open = true;
  }
});

// Sin mayúsculas ni tildes: quien busca no tiene por qué ponerlas.
function plainText(text) {
  return text.toLowerCase().normalize("NFD").replace(/[\u0300-\u036f]/g, "");
}

// El filtro de la página de afirmaciones: palabras, clase y «solo las no cumplidas».
function filterClaims(form) {
  const [words, kind, unmet] = ["#claims-words", "#claims-kind", "#claims-unmet"].map(id => form.querySelector(id));
  const count = form.querySelector(".claims-count");
  const folds = [...document.querySelectorAll("details.claims-of-page")].map(fold => {
    const page = plainText(fold.querySelector("summary").textContent);
    const rows = [...fold.querySelectorAll("tbody tr")];
    return { fold, rows: rows.map(row => ({ row, text: `${page} ${plainText(row.textContent)}` })) };
  });
  let ours = [];

  function update() {
    const wanted = plainText(words.value).split(/\s+/).filter(Boolean);
    const active = wanted.length > 0 || kind.value !== "" || unmet.checked;
    let shown = 0, total = 0;
    for (const { fold, rows } of folds) {
      let here = 0;
      for (const { row, text } of rows) {
        const matches = wanted.every(word => text.includes(word))
          && (!kind.value || row.classList.contains(`claim-${kind.value}`))
          && (!unmet.checked || row.classList.contains("claim-unmet"));
        row.hidden = !matches;
        here += matches;
      }
      fold.hidden = here === 0;
      shown += here;
      total += rows.length;
    }
    // Se abren las páginas con resultados; al quitar el filtro se cierran las que abrió él.
    if (active) {
      const opened = folds.map(({ fold }) => fold).filter(fold => !fold.hidden && !fold.open);
      opened.forEach(fold => { fold.open = true; });
      ours.push(...opened);
    } else {
      ours.forEach(fold => { fold.open = false; });
      ours = [];
    }
    count.textContent = active ? `${shown} de ${total} afirmaciones.` : "";
  }

  let waiting;
  const later = () => { clearTimeout(waiting); waiting = setTimeout(update, 200); };
  form.addEventListener("submit", event => event.preventDefault());
  form.addEventListener("input", later);
  form.hidden = false;
}

for (const form of document.querySelectorAll("form.claims-filter")) {
  filterClaims(form);
}
