"use strict";
// The page is whole without this. It adds the filters, keeps them in the address, sorts the users, and opens what a link leads to.
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const words = (text) => fold(text).split(/\s+/).filter((word) => word !== "");
  const number = new Intl.NumberFormat("en");
  const opensUpTo = 60; // findings that a search opens

  function later(run) {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(run, 120);
    };
  }

  // setHash keeps the filters in the address without filling the history.
  function setHash(place, parameters) {
    const query = parameters.toString();
    try {
      history.replaceState(null, "", query === "" ? `#${place}` : `#${place}?${query}`);
    } catch {
      // Some viewers forbid it for local files; the filters work all the same.
    }
  }

  // A text of lines shows those that match. What nobody sees is left as it is.
  function linesOf(element) {
    const lines = element.textContent.split("\n");
    return { element, lines, folded: lines.map(fold), shown: lines.length };
  }
  function showLines(block, matches) {
    const shown = block.lines.filter((_, i) => matches(block.folded[i]));
    if (shown.length !== block.shown) block.element.textContent = shown.join("\n");
    block.shown = shown.length;
    return shown.length;
  }

  function findingsFilter() {
    const panel = byId("filters");
    if (panel === null) return null;
    const rule = byId("filter-rule");
    const text = byId("filter-text");
    const boxes = all("input[type=checkbox]", panel);
    const groups = all(".group").map((element) => ({ element, data: element.dataset, part: element.parentElement }));
    let total = 0;
    let indexed = false;

    function index() {
      if (indexed) return;
      indexed = true;
      for (const group of groups) {
        group.title = fold(group.element.querySelector("h4").textContent + " " + group.data.rule + " ");
        group.entries = all("li[id]", group.element).map((element) => ({
          element,
          resource: fold(element.querySelector(".res").textContent),
          excepted: element.dataset.excepted ?? "no",
          rule: element.dataset.rule ?? group.data.rule,
          severity: element.dataset.severity ?? group.data.severity,
          text: group.title + fold((element.dataset.rule ?? "") + " " + element.textContent),
        }));
        group.folds = all("li.fold", group.element).map((element) => ({ element, entries: group.entries.filter((entry) => element.contains(entry.element)) }));
        group.rest = all(".rest", group.element).map((element) => ({ element, message: fold(element.firstElementChild.textContent), ...{ text: linesOf(element.lastElementChild) } }));
        group.total = group.entries.length + group.rest.reduce((sum, rest) => sum + rest.text.lines.length, 0);
        total += group.total;
      }
    }

    const chosen = (name) => boxes.filter((box) => box.name === name && box.checked).map((box) => box.value);
    const among = (list, value) => list.length === 0 || list.includes(value);

    function apply() {
      index();
      const severities = chosen("severity");
      const statuses = chosen("status");
      const excepted = chosen("excepted");
      const wanted = words(text.value);
      const exact = wanted.filter((word) => word.startsWith("resource:")).map((word) => word.slice(9));
      const parts = wanted.filter((word) => !word.startsWith("resource:"));
      const perPart = new Map();
      let shown = 0;
      for (const group of groups) {
        let count = 0;
        const open = statuses.length === 0 || statuses.includes(group.data.status);
        for (const entry of group.entries) {
          const visible =
            open && among(severities, entry.severity) && among(excepted, entry.excepted) && (rule.value === "" || rule.value === entry.rule) &&
            exact.every((name) => entry.resource === name) && parts.every((part) => entry.text.includes(part));
          if (entry.element.hidden === visible) entry.element.hidden = !visible;
          if (visible) count++;
        }
        for (const folded of group.folds) folded.element.hidden = folded.entries.every((entry) => entry.element.hidden);
        const whole = open && among(severities, group.data.severity) && (rule.value === "" || rule.value === group.data.rule) && !(excepted.length === 1 && excepted[0] === "yes");
        for (const rest of group.rest) {
          const others = parts.filter((part) => !group.title.includes(part) && !rest.message.includes(part));
          const lines = !whole ? 0 : showLines(rest.text, (line) => exact.every((name) => line === name || line.startsWith(name + ":") || line.startsWith(name + "#")) && others.every((part) => line.includes(part)));
          rest.element.hidden = lines === 0;
          count += lines;
        }
        group.element.hidden = count === 0;
        group.count = count;
        perPart.set(group.part, (perPart.get(group.part) ?? 0) + count);
        shown += count;
      }
      for (const group of groups) {
        const open = wanted.length > 0 && shown <= opensUpTo && group.count > 0;
        if (open !== (group.opened ?? false)) group.element.open = open;
        group.opened = open;
      }
      for (const [part, count] of perPart) part.hidden = count === 0;
      byId("filter-count").value = `${number.format(shown)} of ${number.format(total)} shown`;
      byId("filter-empty").hidden = shown !== 0;
    }

    function remember() {
      const parameters = new URLSearchParams();
      for (const name of ["severity", "status", "excepted"]) {
        if (chosen(name).length !== 0) parameters.set(name, chosen(name).join(","));
      }
      if (rule.value !== "") parameters.set("rule", rule.value);
      if (text.value !== "") parameters.set("q", text.value);
      setHash("findings", parameters);
    }

    function set(parameters) {
      for (const box of boxes) box.checked = (parameters.get(box.name) ?? "").split(",").includes(box.value);
      rule.value = parameters.get("rule") ?? "";
      if (rule.selectedIndex === -1) rule.value = "";
      text.value = parameters.get("q") ?? "";
      apply();
    }

    const changed = () => {
      apply();
      remember();
    };
    panel.addEventListener("change", changed);
    text.addEventListener("input", later(changed));
    byId("filter-reset").addEventListener("click", () => {
      set(new URLSearchParams());
      remember();
      text.focus();
    });
    panel.hidden = false;
    return { set, remember };
  }

  // A list of people: rows of tables, and lines for those that have none.
  function people(name, place, table, fine) {
    const panel = byId(name + "-filters");
    if (panel === null) return null;
    const section = byId(place);
    const text = byId(name + "-text");
    const open = panel.querySelector("input[value=open]");
    let entries = null;
    let blocks = [];

    function apply() {
      entries ??= all(`${table} tbody tr`, section).map((element) => ({
        element,
        chunk: element.parentElement,
        fine: element.classList.contains("fine"),
        text: fold(all("th, td", element).map((cell) => cell.textContent).join(" ")),
      }));
      if (blocks.length === 0) blocks = all(".rows .names", section).map(linesOf);
      const wanted = words(text.value);
      const onlyOpen = open !== null && open.checked;
      const left = new Map();
      let shown = 0;
      let total = entries.length;
      for (const entry of entries) {
        const visible = !(onlyOpen && entry.fine) && wanted.every((word) => entry.text.includes(word));
        if (entry.element.hidden === visible) entry.element.hidden = !visible;
        left.set(entry.chunk, (left.get(entry.chunk) ?? 0) + (visible ? 1 : 0));
        if (visible) shown++;
      }
      for (const [chunk, count] of left) chunk.hidden = count === 0;
      for (const block of blocks) {
        shown += showLines(block, (line) => wanted.every((word) => line.includes(word)));
        total += block.lines.length;
        block.element.parentElement.open = wanted.length > 0 && block.shown > 0 && block.shown <= opensUpTo;
      }
      for (const details of all(fine, section)) details.open = wanted.length > 0 && entries.some((entry) => !entry.element.hidden && details.contains(entry.element));
      byId(name + "-count").value = `${number.format(shown)} of ${number.format(total)} shown`;
    }

    function set(parameters) {
      if (open !== null) (parameters.get("show") === "open" ? open : panel.querySelector("input[type=radio]")).checked = true;
      text.value = parameters.get("q") ?? "";
      apply();
    }

    const changed = () => {
      apply();
      const parameters = new URLSearchParams();
      if (open !== null && open.checked) parameters.set("show", "open");
      if (text.value !== "") parameters.set("q", text.value);
      setHash(place, parameters);
    };
    panel.addEventListener("change", changed);
    text.addEventListener("input", later(changed));
    panel.hidden = false;
    return { set };
  }

  // sortable lets the titles of the users' table sort it, and the lines below it by the same column.
  function sortable(section) {
    const collator = new Intl.Collator("en", { numeric: true });
    all(".users thead th", section).forEach((title, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = title.textContent;
      title.replaceChildren(button);
      button.addEventListener("click", () => {
        const down = title.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        for (const other of all(".users thead th", section)) other.removeAttribute("aria-sort");
        title.setAttribute("aria-sort", down === 1 ? "ascending" : "descending");
        const bodies = all(".users tbody", section);
        const sizes = bodies.map((body) => body.rows.length);
        const rows = bodies.flatMap((body) => [...body.rows]).map((row) => ({ row, key: row.cells[column].textContent }));
        rows.sort((x, y) => down * collator.compare(x.key, y.key));
        bodies.forEach((body, i) => body.append(...rows.splice(0, sizes[i]).map((entry) => entry.row)));
      });
    });
  }

  const filters = { findings: findingsFilter(), users: people("user", "users", ".users", "none"), mfa: people("mfa", "mfa", ".matrix", "details.fine") };
  sortable(byId("users"));

  // follow goes where the address leads: filters ("#findings?severity=high&q=alice"), or a place that a filter may hide.
  function follow() {
    const address = location.hash.slice(1);
    const question = address.indexOf("?");
    const place = question === -1 ? address : address.slice(0, question);
    if (question !== -1 && filters[place]) {
      filters[place].set(new URLSearchParams(address.slice(question + 1)));
      byId(place).scrollIntoView();
      return;
    }
    const target = byId(place);
    if (target === null) return;
    if (target.closest("[hidden]") !== null) (target.closest("#mfa") === null ? filters.findings : filters.mfa)?.set(new URLSearchParams());
    for (let details = target; details !== null; details = details.parentElement) if (details.localName === "details") details.open = true;
    const details = target.querySelector("details");
    if (details !== null && target.matches("li, tr, section")) details.open = true;
    target.scrollIntoView();
  }

  addEventListener("hashchange", follow);
  if (location.hash !== "") follow();

  // A user's number of findings leads to all of them, not only to the first.
  byId("users").addEventListener("click", (event) => {
    const link = event.target.closest("a[data-resource]");
    if (link === null || filters.findings === null) return;
    event.preventDefault();
    filters.findings.set(new URLSearchParams({ q: "resource:" + link.dataset.resource }));
    filters.findings.remember();
    byId("findings").scrollIntoView();
    byId("filter-text").focus({ preventScroll: true });
  });
})();
