"use strict";
// The page is whole without this but for the accounts beyond the worst. It makes rows of all accounts, those alone that are in view, and
// has them sorted and filtered; what is chosen stands in the address.
(() => {
  const byId = (id) => document.getElementById(id);
  const source = byId("account-data");
  if (source === null) return;
  const data = JSON.parse(source.textContent);
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const number = new Intl.NumberFormat("en");
  const collator = new Intl.Collator("en", { numeric: true });
  const verdicts = { p: "pass", f: "fail", u: "unknown", n: "not applicable" };
  const gravity = "fupn"; // what comes first
  const states = ["unknown", "audited", "not audited"];
  const beyond = 12; // rows that are made above and below those in view
  const step = 50; // cards at a time, where rows are as high as they must be
  const printed = 200;

  const accounts = data.rows.map(([id, name, unit, state, complete, applicable, points, severities, unknown, failing, undecided, tags], place) => {
    const fails = new Map();
    for (let i = 0; i < failing.length; i += 2) fails.set(failing[i], failing[i + 1]);
    return { place, id, name, unit: data.units[unit], state, complete, applicable, points, severities, unknown, fails, undecided, tags };
  });
  const title = (a) => (a.name === "" ? a.id : `${a.name} (${a.id})`);
  const key = (a, rule) => (a.fails.has(rule) ? number.format(a.fails.get(rule)) : a.undecided.includes(rule) ? "unknown" : "–");

  const table = byId("account-table");
  const scroll = table.parentElement;
  const heads = [...table.tHead.rows[0].cells];
  const labels = heads.map((head) => head.textContent);
  const narrow = matchMedia("(max-width: 49.99rem)");
  const text = byId("account-text");
  const unit = byId("account-unit");
  const tag = byId("account-tag");
  const rule = byId("account-rule");

  let chosen = accounts;
  let sorted = { column: -1, down: false };
  let cards = step;
  let printing = false;
  const made = new Map(); // rows by the place of their account
  const body = document.createElement("tbody");
  const gaps = ["before", "after"].map(() => {
    const gap = document.createElement("tbody");
    gap.className = "gap";
    gap.setAttribute("aria-hidden", "true");
    gap.insertRow().insertCell().colSpan = heads.length;
    return gap;
  });

  function cell(row, column, content, name) {
    const td = row.insertCell();
    td.textContent = content;
    td.className = name;
    td.dataset.label = labels[column];
  }

  function make(a) {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    row.append(head);
    if (a.state === 1 && data.link.length === 2) {
      const link = document.createElement("a");
      link.href = data.link[0] + a.id + data.link[1];
      link.textContent = title(a);
      head.append(link);
    } else head.textContent = title(a);
    cell(row, 1, a.unit, "");
    if (a.state !== 1) {
      cell(row, 2, states[a.state], states[a.state] === "unknown" ? "unknown" : "");
      for (let column = 3; column < heads.length; column++) cell(row, column, "–", "quiet " + (column < 3 + data.points ? "" : "num"));
      return row;
    }
    cell(row, 2, `${a.complete} of ${a.applicable}`, "");
    let column = 3;
    for (const point of a.points) cell(row, column++, verdicts[point], verdicts[point]);
    for (const rule of data.keys) {
      const found = key(a, rule);
      cell(row, column++, found, found === "–" ? "num quiet" : found === "unknown" ? "num unknown" : "num fail");
    }
    for (const n of [...a.severities, a.unknown]) cell(row, column++, number.format(n), n === 0 ? "num quiet" : "num");
    return row;
  }

  const high = () => body.rows[0]?.offsetHeight || 36;

  // draw makes the rows that are in view, and leaves those alone that are there already: one of them may have the focus.
  function draw() {
    let from = 0;
    let to = chosen.length;
    if (printing) to = Math.min(to, printed);
    else if (narrow.matches) to = Math.min(to, cards);
    else {
      const each = high();
      from = Math.max(0, Math.min(Math.floor(scroll.scrollTop / each) - beyond, chosen.length - 1));
      to = Math.min(to, from + Math.ceil(scroll.clientHeight / each) + 2 * beyond);
      gaps[0].rows[0].cells[0].style.height = `${from * each}px`;
      gaps[1].rows[0].cells[0].style.height = `${(chosen.length - to) * each}px`;
    }
    gaps[0].hidden = printing || narrow.matches || from === 0;
    gaps[1].hidden = printing || narrow.matches || to === chosen.length;
    const wanted = new Set();
    for (let i = from; i < to; i++) wanted.add(chosen[i].place);
    for (const [place, row] of made) {
      if (wanted.has(place)) continue;
      row.remove();
      made.delete(place);
    }
    let next = body.firstElementChild;
    for (let i = from; i < to; i++) {
      const { place } = chosen[i];
      if (!made.has(place)) made.set(place, make(accounts[place]));
      const row = made.get(place);
      row.setAttribute("aria-rowindex", String(i + 2));
      if (row === next) next = next.nextElementSibling;
      else body.insertBefore(row, next);
    }
    byId("account-more").hidden = printing || !narrow.matches || to === chosen.length;
    byId("account-rest").hidden = !printing || to === chosen.length;
    if (printing && to < chosen.length) byId("account-rest").textContent = `and ${number.format(chosen.length - to)} more, which CSV and JSON list`;
  }

  // value is what a column is sorted by: names by letters, verdicts by their gravity, numbers the greatest first.
  function value(a, column) {
    if (column === 0) return fold(title(a));
    if (column === 1) return fold(a.unit);
    if (column === 2) return a.state !== 1 ? (a.state === 0 ? -100 : 100) : a.complete - a.applicable;
    if (a.state !== 1) return 1e9;
    let at = column - 3;
    if (at < data.points) return gravity.indexOf(a.points[at]);
    at -= data.points;
    if (at < data.keys.length) return a.fails.has(data.keys[at]) ? -a.fails.get(data.keys[at]) : a.undecided.includes(data.keys[at]) ? 0 : 1;
    at -= data.keys.length;
    return -(at < a.severities.length ? a.severities[at] : a.unknown);
  }

  function apply() {
    const words = fold(text.value).split(/\s+/).filter((word) => word !== "");
    const tagAt = tag === null || tag.value === "" ? -1 : data.tags.indexOf(tag.value);
    const ruleAt = rule.value === "" ? -1 : data.rules.indexOf(rule.value);
    chosen = accounts.filter((a) => {
      if (unit.value !== "" && a.unit !== unit.value && !a.unit.startsWith(unit.value + "/")) return false;
      if (tagAt !== -1 && !a.tags.includes(tagAt)) return false;
      if (ruleAt !== -1 && !a.fails.has(ruleAt)) return false;
      if (words.length === 0) return true;
      a.text ??= fold([title(a), a.unit, states[a.state], ...a.tags.map((at) => data.tags[at])].join(" "));
      return words.every((word) => a.text.includes(word));
    });
    if (sorted.column !== -1) {
      const keyed = chosen.map((a) => ({ a, by: value(a, sorted.column) }));
      const compare = sorted.column < 2 ? (x, y) => collator.compare(x.by, y.by) : (x, y) => x.by - y.by;
      keyed.sort((x, y) => (sorted.down ? -1 : 1) * compare(x, y));
      chosen = keyed.map(({ a }) => a);
    }
    cards = step;
    table.setAttribute("aria-rowcount", String(chosen.length + 1));
    byId("account-count").value = `${number.format(chosen.length)} of ${number.format(accounts.length)} accounts`;
    byId("account-none").hidden = chosen.length !== 0;
    scroll.scrollTop = 0;
    draw();
  }

  function remember() {
    const parameters = new URLSearchParams();
    for (const [name, field] of [["q", text], ["unit", unit], ["tag", tag], ["fails", rule]]) if (field !== null && field.value !== "") parameters.set(name, field.value);
    const query = parameters.toString();
    try {
      history.replaceState(null, "", query === "" ? "#accounts" : `#accounts?${query}`);
    } catch {
      // Some viewers forbid it for local files; the filters work all the same.
    }
  }

  function set(parameters) {
    for (const [name, field] of [["q", text], ["unit", unit], ["tag", tag], ["fails", rule]]) {
      if (field === null) continue;
      field.value = parameters.get(name) ?? "";
      if (field.selectedIndex === -1) field.value = "";
    }
    apply();
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      sorted = { column, down: sorted.column === column && !sorted.down };
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      apply();
    });
  });
  // The columns of names are as wide as they get, lest they change while somebody scrolls.
  const longest = (name) => accounts.reduce((most, a) => Math.max(most, name(a).length), 0);
  if (!narrow.matches) {
    heads[0].style.minWidth = `${Math.min(longest(title), 60)}ch`;
    heads[1].style.minWidth = `${Math.min(longest((a) => a.unit), 40)}ch`;
  }

  const changed = () => {
    apply();
    remember();
  };
  let timer = 0;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(changed, 120);
  });
  byId("account-filters").addEventListener("change", changed);
  byId("account-reset").addEventListener("click", () => {
    set(new URLSearchParams());
    remember();
    text.focus();
  });
  byId("account-more").firstElementChild.addEventListener("click", () => {
    const first = cards;
    cards += step;
    draw();
    const link = body.rows[first]?.querySelector("a");
    if (link) link.focus();
  });
  let waiting = false;
  scroll.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  }, { passive: true });
  for (const [event, on] of [["beforeprint", true], ["afterprint", false]]) {
    addEventListener(event, () => {
      printing = on;
      draw();
    });
  }
  narrow.addEventListener("change", draw);
  addEventListener("resize", draw);

  for (const old of [...table.tBodies]) old.remove();
  table.append(gaps[0], body, gaps[1]);
  byId("account-filters").hidden = false;
  function follow() {
    const [place, query] = location.hash.slice(1).split("?");
    if (place !== "accounts" || query === undefined) return false;
    set(new URLSearchParams(query));
    byId("accounts").scrollIntoView();
    return true;
  }
  addEventListener("hashchange", follow);
  if (!follow()) apply();
})();
