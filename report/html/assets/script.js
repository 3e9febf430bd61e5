"use strict";
// The page is whole without this. It adds the filters, keeps them in the address, and opens what a link leads to.
(() => {
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const words = (text) => fold(text).split(/\s+/).filter((word) => word !== "");

  // A list in chunks that the browser lays out late: a chunk with nothing to show must not keep its place.
  function show(entries, matches) {
    const left = new Map();
    let shown = 0;
    for (const entry of entries) {
      const visible = matches(entry);
      if (entry.element.hidden === visible) entry.element.hidden = !visible;
      left.set(entry.chunk, (left.get(entry.chunk) ?? 0) + (visible ? 1 : 0));
      if (visible) shown++;
    }
    for (const [chunk, count] of left) {
      chunk.hidden = count === 0;
      chunk.style.containIntrinsicBlockSize = `auto ${count * 34}px`;
    }
    return shown;
  }

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

  function findingsFilter() {
    const panel = byId("filters");
    if (panel === null) return null;
    const rule = byId("filter-rule");
    const text = byId("filter-text");
    const boxes = all("input[type=checkbox]", panel);
    const groups = all(".group").map((element) => ({ element, data: element.dataset, part: element.parentElement }));
    const total = all(".group li").length;
    let indexed = false;

    function index() {
      if (indexed) return;
      indexed = true;
      for (const group of groups) {
        const title = fold(group.element.querySelector("h4").textContent + " " + group.data.rule + " ");
        group.entries = all("li", group.element).map((element) => ({
          element,
          chunk: element.parentElement,
          resource: fold(element.querySelector(".res").textContent),
          excepted: element.dataset.excepted ?? "no",
          text: title + fold(element.textContent),
        }));
      }
    }

    const chosen = (name) => boxes.filter((box) => box.name === name && box.checked).map((box) => box.value);

    function apply() {
      index();
      const severities = chosen("severity");
      const statuses = chosen("status");
      const excepted = chosen("excepted");
      const wanted = words(text.value);
      const exact = wanted.filter((word) => word.startsWith("resource:")).map((word) => word.slice(9));
      const parts = wanted.filter((word) => !word.startsWith("resource:"));
      const matches = (entry) =>
        (excepted.length === 0 || excepted.includes(entry.excepted)) && exact.every((name) => entry.resource === name) && parts.every((part) => entry.text.includes(part));
      const perPart = new Map();
      let shown = 0;
      for (const group of groups) {
        const open =
          (severities.length === 0 || severities.includes(group.data.severity)) &&
          (statuses.length === 0 || statuses.includes(group.data.status)) &&
          (rule.value === "" || rule.value === group.data.rule);
        const count = open ? show(group.entries, matches) : 0;
        group.element.hidden = count === 0;
        perPart.set(group.part, (perPart.get(group.part) ?? 0) + count);
        shown += count;
      }
      for (const [part, count] of perPart) part.hidden = count === 0;
      byId("filter-count").value = `${shown} of ${total} shown`;
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

  function usersFilter() {
    const panel = byId("user-filters");
    if (panel === null) return null;
    const text = byId("user-text");
    let entries = null;

    function apply() {
      entries ??= all(".users tbody tr").map((element) => ({ element, chunk: element.parentElement, text: fold(all("th, td", element).map((cell) => cell.textContent).join(" ")) }));
      const wanted = words(text.value);
      const shown = show(entries, (entry) => wanted.every((word) => entry.text.includes(word)));
      byId("user-count").value = `${shown} of ${entries.length} shown`;
    }

    function set(parameters) {
      text.value = parameters.get("q") ?? "";
      apply();
    }

    const changed = () => {
      apply();
      setHash("users", new URLSearchParams(text.value === "" ? {} : { q: text.value }));
    };
    text.addEventListener("input", later(changed));
    text.addEventListener("change", changed);
    panel.hidden = false;
    return { set };
  }

  function mfaFilter() {
    const panel = byId("mfa-filters");
    if (panel === null) return null;
    const text = byId("mfa-text");
    const [everyone, open] = all("input[type=radio]", panel);
    let entries = null;

    function apply() {
      entries ??= all(".matrix tbody tr").map((element) => ({
        element,
        chunk: element.parentElement,
        fine: element.classList.contains("fine"),
        text: fold(all("th, td", element).map((cell) => cell.textContent).join(" ")),
      }));
      const wanted = words(text.value);
      const shown = show(entries, (entry) => !(open.checked && entry.fine) && wanted.every((word) => entry.text.includes(word)));
      byId("mfa-count").value = `${shown} of ${entries.length} shown`;
    }

    function set(parameters) {
      (parameters.get("show") === "open" ? open : everyone).checked = true;
      text.value = parameters.get("q") ?? "";
      apply();
    }

    const changed = () => {
      apply();
      const parameters = new URLSearchParams();
      if (open.checked) parameters.set("show", "open");
      if (text.value !== "") parameters.set("q", text.value);
      setHash("mfa", parameters);
    };
    panel.addEventListener("change", changed);
    text.addEventListener("input", later(changed));
    panel.hidden = false;
    return { set };
  }

  const filters = { findings: findingsFilter(), users: usersFilter(), mfa: mfaFilter() };

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
    const details = target.querySelector("details");
    if (details !== null && target.matches("li, tr")) details.open = true;
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

  // Browsers without ::details-content print closed details closed.
  if (!CSS.supports("selector(::details-content)")) {
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = all("details:not([open])");
      for (const details of opened) details.open = true;
    });
    addEventListener("afterprint", () => {
      for (const details of opened) details.open = false;
    });
  }
})();
