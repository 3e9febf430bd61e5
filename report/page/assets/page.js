"use strict";
// What every page has, and could do without: the section that is in view is marked in the list of sections, times are told in the reader's
// zone where the pointer rests, what is folded opens where a link leads into it and to be printed, commands can be copied, and / leads to
// the filter.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  function reveal() {
    const address = location.hash.slice(1).split("?")[0];
    for (let place = document.getElementById(address); place !== null; place = place.parentElement) {
      if (place.localName === "details") place.open = true;
    }
  }
  addEventListener("hashchange", reveal);
  reveal();

  const links = all(".contents a");
  const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
  let waiting = false;
  function mark() {
    waiting = false;
    let current = 0;
    let nearest = -Infinity; // of those side by side the first
    sections.forEach((section, i) => {
      const top = section === null ? Infinity : section.getBoundingClientRect().top;
      if (top <= 120 && top > nearest) [current, nearest] = [i, top];
    });
    if (scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2) current = links.length - 1;
    links.forEach((link, i) => (i === current ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  }
  if (links.length > 0) {
    addEventListener("scroll", () => waiting || ((waiting = true), requestAnimationFrame(mark)), { passive: true });
    mark();
  }

  const written = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d)( UTC)?$/;
  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
  addEventListener("pointerover", (event) => {
    const element = event.target.closest("time, td, dd");
    const match = element === null || element.title !== "" ? null : written.exec(element.textContent.trim());
    if (match !== null) element.title = local.format(new Date(`${match[1]}T${match[2]}Z`));
  });

  for (const button of all(".print-all")) {
    button.addEventListener("click", () => {
      const closed = all("details:not([open])");
      for (const details of closed) details.open = true;
      addEventListener("afterprint", () => closed.forEach((details) => (details.open = false)), { once: true });
      print();
    });
    button.hidden = false;
  }

  // A command gets its button when it comes into view: there may be hundreds.
  function copyable(root) {
    for (const command of all("pre", root)) {
      if (command.querySelector("button") !== null || command.closest("details:not([open])") !== null) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.addEventListener("click", async () => {
        try {
          await navigator.clipboard.writeText(command.querySelector("code").textContent);
          button.textContent = "Copied";
        } catch {
          getSelection().selectAllChildren(command.querySelector("code"));
        }
      });
      command.append(button);
    }
  }
  addEventListener("toggle", (event) => event.target.open && copyable(event.target), true);
  copyable(document);

  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.("input, select, textarea") != null) return;
    const filter = all("input[type=search]").find((input) => input.closest("[hidden]") === null);
    if (filter === undefined) return;
    event.preventDefault();
    filter.focus();
  });
})();
