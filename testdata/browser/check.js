"use strict";
// usage: node check.js SCREENSHOTS PAGE...
// Looks at each page as people do: in windows of three widths, light and dark, as it opens and with all opened, by keyboard, and without
// JavaScript. Each point is an assertion; all of them are tried, and what fails is told at the end.
const { basename, join, resolve } = require("node:path");
const { pathToFileURL } = require("node:url");
const { chromium } = require("playwright-core");
const axe = require("axe-core").source;

const standards = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const [screenshots, ...pages] = process.argv.slice(2);
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
  const box = page.locator(".ways a").first();
  await box.focus();
  await page.keyboard.press("Enter");
  const place = await box.getAttribute("href");
  check(page.url().endsWith(place), `${name}: got ${page.url()}, want a box of the picture to lead to ${place}`);
  check(await page.locator(place).isVisible(), `${name}: got nothing to see at ${place}`);
  await context.close();
}

async function byKeyboard(browser, file) {
  const name = basename(file, ".html");
  const { context, page, asked } = await opened(browser, file, { viewport: { width: 1440, height: 900 } });
  check(asked.length === 0, `${name}: got ${asked.join("; ")}, want a page that asks for nothing and whose policy allows its own script`);
  await page.locator(".ways-scroll").focus();
  const boxes = await page.locator(".ways a").count();
  check(boxes > 0, `${name}: got no box in the picture`);
  for (let i = 0; i < boxes; i++) {
    await page.keyboard.press("Tab");
    const on = await page.evaluate(() => document.activeElement.closest(".ways a")?.getAttribute("aria-label") ?? "");
    check(on !== "", `${name}: got no box at tab stop ${i + 1}, want each to be reached and to say what it is`);
  }
  await context.close();
}

async function main() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  console.log(`test-browser: chromium ${browser.version()}`);
  for (const file of pages) {
    console.log(`test-browser: ${basename(file)}`);
    await withoutScript(browser, file);
    await byKeyboard(browser, file);
    await looks(browser, file);
  }
  await browser.close();
  for (const what of failed) console.error(`test-browser: ${what}`);
  console.log(`${passed} passed, ${failed.length} failed`);
  process.exit(failed.length === 0 && passed > 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(`test-browser: error: ${error.stack}`);
  process.exit(1);
});
