"use strict";
// The page is whole without this. It adds a filter to each table, and sorts by a column at a click on its title.
(() => {
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const order = new Intl.Collator("en", { numeric: true });

  for (const table of document.querySelectorAll("table")) {
    const body = table.tBodies[0];
    const titles = [...table.tHead.rows[0].cells];
    const key = (row, column) => row.cells[column].dataset.sort ?? row.cells[column].textContent.trim();

    titles.forEach((title, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = title.textContent;
      title.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = title.getAttribute("aria-sort") === "ascending";
        for (const other of titles) other.removeAttribute("aria-sort");
        title.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => ({ row, key: key(row, column) }));
        const compare = (a, b) => (a.key !== "" && b.key !== "" && !isNaN(a.key) && !isNaN(b.key) ? a.key - b.key : order.compare(a.key, b.key));
        rows.sort((a, b) => (down ? compare(b, a) : compare(a, b)));
        body.append(...rows.map((entry) => entry.row));
      });
    });

    const panel = table.closest("section").querySelector(".filter");
    const input = panel.querySelector("input");
    const output = panel.querySelector("output");
    const entries = [...body.rows].map((row) => ({ row, text: "" }));
    let timer = 0;
    const apply = () => {
      const words = fold(input.value).split(/\s+/).filter((word) => word !== "");
      let shown = 0;
      for (const entry of entries) {
        entry.text ||= fold([...entry.row.cells].map((cell) => cell.textContent).join(" "));
        const visible = words.every((word) => entry.text.includes(word));
        entry.row.hidden = !visible;
        if (visible) shown++;
      }
      output.value = `${shown} of ${entries.length} shown`;
    };
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(apply, 120);
    });
    panel.hidden = false;
  }
})();
