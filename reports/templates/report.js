"use strict";
(() => {
  const narrow = window.innerWidth < 540;

  function draw(box) {
    const data = document.querySelector(`script[data-for="${box.id}"]`);
    const spec = JSON.parse(data.textContent);
    if (narrow) spec.config = { ...spec.config, axisY: { labelLimit: 92 } };
    const options = { mode: "vega-lite", renderer: "svg", actions: false, ast: true, tooltip: { theme: "custom" } };
    // The box has a description and a table; its parts would be read aloud one by one.
    return vegaEmbed(box, spec, options).then(() => box.querySelector("svg").setAttribute("aria-hidden", "true"));
  }

  function key(row, place) {
    const cell = row.cells[place];
    const data = cell.querySelector("data");
    if (data) return Number(data.value);
    return cell.querySelector(".unknown") ? null : cell.textContent.trim();
  }

  // Unknown is neither little nor much: it stays at the end, whichever way a column is sorted.
  function compare(a, b, direction) {
    if (a === null || b === null) return (a === null) - (b === null);
    return direction * (typeof a === "number" ? a - b : a.localeCompare(b));
  }

  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, place) => head.querySelector("button").addEventListener("click", () => {
      const first = head.classList.contains("number") ? "descending" : "ascending";
      const other = first === "ascending" ? "descending" : "ascending";
      const order = head.getAttribute("aria-sort") === first ? other : first;
      heads.forEach((each) => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      table.dataset.sorted = "";
      const body = table.tBodies[0];
      [...body.rows]
        .map((row) => [key(row, place), row])
        .sort(([a], [b]) => compare(a, b, order === "ascending" ? 1 : -1))
        .forEach(([, row]) => body.append(row));
    }));
  }

  const themes = { system: "as the system", light: "light", dark: "dark" };
  const button = document.getElementById("theme");
  let theme = "system";
  button.addEventListener("click", () => {
    const names = Object.keys(themes);
    theme = names[(names.indexOf(theme) + 1) % names.length];
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${themes[theme]}`;
  });

  // Paper has nothing to click on.
  const opened = new Set();
  window.addEventListener("beforeprint", () => document.querySelectorAll("details:not([open])").forEach((each) => {
    opened.add(each);
    each.open = true;
  }));
  window.addEventListener("afterprint", () => {
    opened.forEach((each) => { each.open = false; });
    opened.clear();
  });

  document.querySelectorAll("table.sortable").forEach(sortable);
  Promise.all([...document.querySelectorAll(".chart")].map(draw)).then(() => { document.documentElement.dataset.drawn = ""; });
})();
