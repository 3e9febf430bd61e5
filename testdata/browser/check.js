"use strict";
// usage: node check.js SCREENSHOTS LARGE-REPORT REPORT PAGE...
// audit.html is the report; pages whose names stand in pictured have a picture of ways of access.
// Looks at each page as people do: in windows of three widths, light and dark, as it opens and with all opened, by keyboard, and without
// JavaScript. Each point is an assertion; all of them are tried, and what fails is told at the end.
const { basename, join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const [screenshots, company, ...pages] = process.argv.slice(2);
const pictured = ["audit", "access"];
let passed = 0;
const failed = [];

function check(holds, what) {
  if (holds) passed++;
  else failed.push(what);
}

async function violations(page) {
  const found = await page.evaluate((tags) => axe.run({ runOnly: tags }), standards);
  return found.violations.map((v) => `${v.id} (${v.nodes.length}, first ${v.nodes[0].html.slice(0, 160)})`);
}

// opened goes to a page, and keeps what it asks for beside itself and what the browser complains of.
async function opened(browser, file, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const address = pathToFileURL(resolve(file)).href;
  const asked = [];
  page.on("request", (request) => request.url() !== address && asked.push(request.url()));
  page.on("console", (message) => message.type() === "error" && asked.push(message.text()));
  page.on("pageerror", (error) => asked.push(String(error)));
  await page.goto(address);
  return { context, page, asked };
}

async function looks(browser, file) {
  const name = basename(file, ".html");
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [1440, 768, 390]) {
      const where = `${name}, ${width} pixels wide, ${colorScheme}`;
      // A page allows no script but its own; axe comes from beside it.
      const { context, page, asked } = await opened(browser, file, { viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
      await page.screenshot({ path: join(screenshots, `${name}-${width}-${colorScheme}.png`) });
      await page.evaluate(axe);
      for (const state of ["as it opens", "with all opened"]) {
        if (state === "with all opened") await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
        const found = await violations(page);
        check(found.length === 0, `${where}, ${state}: got ${found.join("; ")}, want no violation`);
        const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        check(sticksOut <= 0, `${where}, ${state}: got a page that is ${sticksOut} pixels too wide`);
      }
      check(asked.length === 0, `${where}: got ${asked.join("; ")}, want a page that asks for nothing`);
      await context.close();
    }
  }
}

// The policy of the page holds here, and there is no script at all.
async function withoutScript(browser, file) {
  const name = basename(file, ".html");
  const { context, page, asked } = await opened(browser, file, { viewport: { width: 1440, height: 900 }, javaScriptEnabled: false });
  check(asked.length === 0, `${name}, without JavaScript: got ${asked.join("; ")}, want a page that asks for nothing`);
  for (const heading of await page.locator("main h2").all()) check(await heading.isVisible(), `${name}, without JavaScript: got a section that is hidden`);
  check((await page.locator("main h2").count()) > 0, `${name}, without JavaScript: got no section`);
  if (pictured.includes(name)) await followsBox(page, name);
  await context.close();
}

async function followsBox(page, name) {
  const box = page.locator(".ways a").first();
  await box.focus();
  await page.keyboard.press("Enter");
  const place = await box.getAttribute("href");
  check(page.url().endsWith(place), `${name}: got ${page.url()}, want a box of the picture to lead to ${place}`);
  check(await page.locator(place).isVisible(), `${name}: got nothing to see at ${place}`);
}

async function byKeyboard(browser, file) {
  const name = basename(file, ".html");
  const { context, page, asked } = await opened(browser, file, { viewport: { width: 1440, height: 900 } });
  check(asked.length === 0, `${name}: got ${asked.join("; ")}, want a page that asks for nothing and whose policy allows its own script`);
  const boxes = await page.locator(".ways a").count();
  check(boxes > 0 === pictured.includes(name), `${name}: got ${boxes} boxes in a picture of ways`);
  if (boxes > 0) await page.locator(".ways-scroll").focus();
  for (let i = 0; i < boxes; i++) {
    await page.keyboard.press("Tab");
    const on = await page.evaluate(() => document.activeElement.closest(".ways a")?.getAttribute("aria-label") ?? "");
    check(on !== "", `${name}: got no box at tab stop ${i + 1}, want each to be reached and to say what it is`);
  }
  await context.close();
}

// The report's first screen shows the verdict, the Security Status and what to do first; opened, the page is not long.
async function firstScreen(browser, file) {
  for (const [width, height, longest] of [[1440, 900, 9000], [390, 844, 25000]]) {
    const { context, page } = await opened(browser, file, { viewport: { width, height } });
    const where = `first screen of ${width}×${height}`;
    for (const part of [".verdict", "#status li:last-child", "#first li:last-child"]) {
      const bottom = await page.locator(part).evaluate((element) => element.getBoundingClientRect().bottom);
      check(bottom <= height, `${where}: got ${part} to end at ${bottom}`);
    }
    const long = await page.evaluate(() => document.documentElement.scrollHeight);
    check(long <= longest, `${width} pixels wide: got a page ${long} pixels high, want at most ${longest}`);
    await context.close();
  }
}

const pagesOf = (pdf) => (pdf.toString("latin1").match(/\/Type\s*\/Page[^s]/g) ?? []).length;

// Printed as it opens it is a few sheets; with everything open it is more, and afterwards it is as before.
async function printed(browser, file) {
  const { context, page } = await opened(browser, file, { viewport: { width: 1440, height: 900 } });
  const few = pagesOf(await page.pdf({ format: "A4" }));
  check(few > 0 && few <= 15, `got ${few} sheets of A4, want 15 at most`);
  const closed = () => page.locator("details:not([open])").count();
  const before = await closed();
  await page.evaluate(() => (window.print = () => (window.opened = document.querySelectorAll("details:not([open])").length)));
  await page.getByRole("button", { name: "Print everything" }).click();
  check(before > 0 && (await page.evaluate(() => window.opened)) === 0, "got something that is closed to be printed with everything");
  const all = pagesOf(await page.pdf({ format: "A4" }));
  console.log(`test-browser: the report prints on ${few} sheets of A4, with everything on ${all}`);
  check(all > few && all <= 200, `got ${all} sheets of A4 with everything, want more than ${few} and 200 at most`);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  check((await closed()) === before, `got ${await closed()} closed after printing, want ${before} as before`);
  await context.close();
}

async function reportByKeyboard(browser, file) {
  const { context, page } = await opened(browser, file, { viewport: { width: 1440, height: 900 }, timezoneId: "Asia/Tokyo", locale: "en-GB" });
  await page.keyboard.press("/");
  check((await page.evaluate(() => document.activeElement.id)) === "filter-text", "got no filter in focus after /");
  await page.keyboard.type("kobayashi");
  await page.waitForFunction(() => !document.getElementById("filter-count").value.startsWith("160 "));
  const [shown, groups] = await page.evaluate(() => [document.querySelectorAll(".group li[id]:not([hidden])").length, document.querySelectorAll(".group:not([hidden])").length]);
  const count = await page.locator("#filter-count").textContent();
  check(count.startsWith(`${shown} of `) && groups > 0 && (await page.locator(".group[open]").count()) === groups, `got "${count}", and ${groups} rules with ${shown} findings, want each open`);
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Backspace");
  await page.waitForFunction(() => document.querySelectorAll(".group[hidden]").length === 0);
  check((await page.locator(".group[open]").count()) === 0, "got rules open without a filter");
  for (const [place, link] of [["#status", "Security Status"], ["#users", "Users"]]) {
    await page.evaluate((at) => document.querySelector(at).scrollIntoView(), place);
    await page.waitForFunction((name) => document.querySelector(".contents [aria-current]")?.textContent.startsWith(name), link, { timeout: 5000 }).catch(() => {});
    const current = await page.locator(".contents [aria-current]").textContent();
    check(current.startsWith(link), `got ${current} marked at ${place}, want ${link}`);
  }
  await page.locator("time").hover();
  const title = await page.locator("time").getAttribute("title");
  check(/GMT\+9|JST/.test(title ?? ""), `got ${title} over the time, want it in the reader's zone`);
  const sorted = () => page.locator(".users tbody th code").allTextContents();
  const before = await sorted();
  const what = page.locator(".users thead button").last();
  await what.click();
  await what.click();
  const most = await page.locator(".users tbody tr td:last-child").first().textContent();
  check(/^[0-9]+ failing/.test(most) && (await sorted()).join() !== before.join() && (await sorted()).length === before.length, `got ${most} first after sorting by what fails, want the most`);
  await page.goto(page.url().split("#")[0] + "#rule-root-mfa");
  check(await page.locator("#rule-root-mfa").isVisible(), "got nothing to see where a link leads into what is folded");
  await context.close();
}

// The page of a large company is bounded, and answers as soon as the small one does, or nearly: what is measured is a ratio, in one run.
async function large(browser, file, small) {
  const { statSync } = require("node:fs");
  check(statSync(file).size <= 5e6, `got a page of ${statSync(file).size} bytes, want 5 MB at most`);
  const took = async (which) => {
    const { context, page } = await opened(browser, which, { viewport: { width: 1440, height: 900 } });
    const [elements, usable] = await page.evaluate(() => [document.querySelectorAll("*").length, performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd]);
    const [first, next] = await page.evaluate(() => {
      const text = document.getElementById("filter-text");
      const answer = (words) => {
        const began = performance.now();
        text.value = words;
        text.dispatchEvent(new Event("change", { bubbles: true }));
        document.body.getBoundingClientRect();
        return performance.now() - began;
      };
      const first = answer("a"); // which reads the page once
      return [first, Math.min(...["an", "key", "person-0001", "zzz", ""].map(answer))];
    });
    await context.close();
    return { elements, usable, first, next };
  };
  const [one, many] = [await took(small), await took(file)];
  console.log(`test-browser: ${many.elements} elements; the filter took ${many.next.toFixed(1)} ms, ${one.next.toFixed(1)} ms on the small page`);
  console.log(`test-browser: it was usable after ${many.usable.toFixed(0)} ms, the small page after ${one.usable.toFixed(0)} ms`);
  check(many.usable <= Math.max(1500, 20 * one.usable), `got a page that is usable after ${many.usable} ms, the small one after ${one.usable} ms`);
  check(many.elements <= 40000, `got ${many.elements} elements, want 40000 at most`);
  check(many.next <= Math.max(100, 40 * one.next), `got a filter that takes ${many.next} ms, ${one.next} ms on the small page`);
}

// multiplied makes of the page of an organization one of n accounts.
function multiplied(file, n) {
  const { readFileSync, writeFileSync } = require("node:fs");
  const page = readFileSync(file, "utf8");
  const [all, before, text, after] = /(<script type="application\/json" id="account-data">)(.*?)(<\/script>)/s.exec(page);
  const data = JSON.parse(text);
  const rows = Array.from({ length: n }, (_, i) => {
    const row = [...data.rows[i % data.rows.length]];
    [row[0], row[1]] = [String(i).padStart(12, "0"), `${row[1]}-${i}`];
    row[11] = i % 7 === 0 ? [0] : [];
    return row;
  });
  const copy = file.replace(/\.html$/, `-${n}.html`);
  writeFileSync(copy, page.replace(all, () => before + JSON.stringify({ ...data, rows, tags: ["env=production"] }).replaceAll("<", "\\u003c") + after));
  return copy;
}

// The page of an organization: the accounts can be sorted, filtered, reached by keyboard and printed, and of thousands those alone that
// are in view are on the page.
async function fleet(browser, file) {
  {
    const { context, page } = await opened(browser, file, { viewport: { width: 1440, height: 900 }, javaScriptEnabled: false });
    const names = await page.locator("#account-table tbody th").allTextContents();
    check(names.length === 10 && /^shop-production/.test(names[0]), `fleet, without JavaScript: got ${names.length} accounts, the first ${names[0]}, want the audited ones, the worst first`);
    check((await page.locator('#accounts ~ p a[href="fleet.csv"]').count()) === 1, "fleet, without JavaScript: got no link to the CSV");
    check(!(await page.locator("#account-filters").isVisible()), "fleet, without JavaScript: got filters that do nothing");
    await context.close();
  }
  {
    const { context, page } = await opened(browser, file, { viewport: { width: 1440, height: 900 } });
    for (const part of ["#unknown", "#points", "#worst", "#most"]) {
      const top = await page.locator(part).evaluate((element) => element.getBoundingClientRect().top);
      check(top <= 800, `fleet: got ${part} at ${top}, want it on the first screen`);
    }
    const names = () => page.locator("#account-table tbody:not(.gap) th").allTextContents();
    const count = () => page.locator("#account-count").textContent();
    check((await names()).length === 12 && /^billing-production/.test((await names())[0]), `fleet: got ${await names()}, want all accounts, what is unknown first`);
    await page.keyboard.press("/");
    check((await page.evaluate(() => document.activeElement.id)) === "account-text", "fleet: got no filter in focus after /");
    await page.keyboard.type("shop");
    await page.waitForFunction(() => document.getElementById("account-count").value.startsWith("2 "));
    check((await names()).every((name) => name.startsWith("shop-")), `fleet: got ${await names()} for shop`);
    check(page.url().endsWith("#accounts?q=shop"), `fleet: got the address ${page.url()}, want what is looked for in it`);
    await page.locator("#account-reset").click();
    await page.locator("#account-unit").selectOption("Workloads");
    check((await names()).length === 6 && (await count()).startsWith("6 of 12"), `fleet: got ${await names()}, want those in the unit and below it`);
    await page.locator("#account-reset").click();
    await page.locator("#account-rule").selectOption("root-mfa");
    check((await names()).length === 3, `fleet: got ${await names()}, want those in which root-mfa fails`);
    await page.locator("#account-reset").click();
    const head = page.locator("#account-table thead button").first();
    await head.focus();
    await page.keyboard.press("Enter");
    const up = await names();
    await page.keyboard.press("Enter");
    const down = await names();
    check(/^billing/.test(up[0]) && up.join() === down.reverse().join(), `fleet: got ${up} sorted by name`);
    check((await page.locator('#account-table th[aria-sort="descending"]').count()) === 1, "fleet: got no column that says that it sorts");
    check((await page.locator('#account-table a[href="each/333344445555.html"]').count()) === 1, "fleet: got no link to an account's own report");
    await page.setViewportSize({ width: 703, height: 900 }); // A4 within its margins
    await page.emulateMedia({ media: "print" });
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    const [wide, room, lines] = await page.evaluate(() => {
      const pass = [...document.querySelectorAll("#account-table td.pass")].map((td) => { const range = document.createRange(); range.selectNodeContents(td); return range.getClientRects().length; });
      return [document.getElementById("account-table").scrollWidth, document.querySelector(".table-scroll").clientWidth, Math.max(...pass)];
    });
    check(wide <= room && lines === 1, `fleet, printed: got a table ${wide} pixels wide where there is room for ${room}, and words on ${lines} lines`);
    await context.close();
  }
  {
    const { context, page } = await opened(browser, file, { viewport: { width: 1440, height: 900 } });
    await page.goto(page.url() + "#accounts?q=sandbox");
    await page.waitForFunction(() => document.getElementById("account-count").value.startsWith("3 "), undefined, { timeout: 5000 }).catch(() => {});
    check((await page.locator("#account-table tbody:not(.gap) tr").count()) === 3, "fleet: got an address that chooses nothing");
    await context.close();
  }
  const many = multiplied(file, 10000);
  const { context, page } = await opened(browser, many, { viewport: { width: 1440, height: 900 } });
  const elements = () => page.evaluate(() => document.querySelectorAll("#account-table *").length);
  check((await elements()) <= 4000, `fleet of 10,000: got ${await elements()} elements in the table, want those in view alone`);
  const usable = await page.evaluate(() => performance.getEntriesByType("navigation")[0].domContentLoadedEventEnd);
  console.log(`test-browser: 10,000 accounts were usable after ${usable.toFixed(0)} ms, with ${await elements()} elements in the table`);
  check(usable <= 15000, `fleet of 10,000: got a page that is usable after ${usable} ms`);
  const scroll = page.locator(".table-scroll");
  await scroll.focus();
  await page.keyboard.press("End");
  await page.waitForFunction(() => document.querySelector("#account-table tr[aria-rowindex='10001']") !== null);
  const inView = await page.evaluate(() => {
    const box = document.querySelector(".table-scroll").getBoundingClientRect();
    const last = document.querySelector("#account-table tr[aria-rowindex='10001']").getBoundingClientRect();
    return last.bottom <= box.bottom + 2 && last.top >= box.top;
  });
  check(inView && (await elements()) <= 4000, "fleet of 10,000: got the end of the table without the last account");
  await scroll.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
  await page.waitForFunction(() => document.querySelector("#account-table tr[aria-rowindex='5000']") !== null);
  await page.locator("#account-text").fill("intranet-77");
  await page.waitForFunction(() => !document.getElementById("account-count").value.startsWith("10,000"));
  check(/^[1-9][0-9]* of 10,000/.test(await page.locator("#account-count").textContent()), "fleet of 10,000: got nothing for intranet-77");
  await page.locator("#account-reset").click();
  const sheets = pagesOf(await page.pdf({ format: "A4" }));
  console.log(`test-browser: 10,000 accounts print on ${sheets} sheets of A4`);
  check(sheets > 1 && sheets <= 30, `fleet of 10,000: got ${sheets} sheets of A4, want 30 at most`);
  check((await elements()) <= 4000, `fleet of 10,000: got ${await elements()} elements after printing`);
  await context.close();
  const phone = await opened(browser, many, { viewport: { width: 390, height: 844 } });
  const cards = () => phone.page.locator("#account-table tbody:not(.gap) tr").count();
  check((await cards()) === 50, `fleet of 10,000 on a phone: got ${await cards()} cards, want 50`);
  await phone.page.locator("#account-more button").click();
  check((await cards()) === 100, `fleet of 10,000 on a phone: got ${await cards()} cards, want 50 more`);
  const sticksOut = await phone.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(sticksOut <= 0, `fleet of 10,000 on a phone: got a page that is ${sticksOut} pixels too wide`);
  const top = await phone.page.locator("#unknown").evaluate((element) => element.getBoundingClientRect().top);
  check(top <= 844, "fleet on a phone: got no unknown account on the first screen");
  await phone.context.close();
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  console.log(`test-browser: chromium ${browser.version()}`);
  // Two at a time: a machine has two cores at the least.
  const waiting = [...pages];
  const look = async () => {
    for (let file; (file = waiting.shift()); ) {
      await withoutScript(browser, file);
      await byKeyboard(browser, file);
      await looks(browser, file);
      console.log(`test-browser: looked at ${basename(file)}`);
    }
  };
  await Promise.all([look(), look()]);
  const [report] = pages;
  console.log(`test-browser: ${basename(company)}`);
  await firstScreen(browser, report);
  await printed(browser, report);
  await reportByKeyboard(browser, report);
  await large(browser, company, report);
  await fleet(browser, pages.find((file) => basename(file) === "fleet.html"));
  await browser.close();
  for (const what of failed) console.error(`test-browser: ${what}`);
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exit(failed.length === 0 && passed > 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(`test-browser: error: ${error.stack}`);
  process.exit(1);
});
