// Measures the dashboard as people see it, in the Chromium of the machine, against a running server:
//   npm install --no-save playwright-core
//   node scripts/measure.mjs seed URL        what is measured: 10 million points, 10,000 runs; made once
//   node scripts/measure.mjs URL [open zoom table wall live fan] [--minutes 10] [--pid PID]
// A line of JSON a figure, as the bench prints them.
import { chromium } from 'playwright-core';
import { fan } from './measure/fan.mjs';
import { live } from './measure/live.mjs';
import { api, seed } from './measure/seed.mjs';
import { quantile, traced } from './measure/trace.mjs';

const words = process.argv.slice(2);
const option = (name, usual) => (words.includes(name) ? Number(words.splice(words.indexOf(name), 2)[1]) : usual);
const [minutes, pid] = [option('--minutes', 10), option('--pid', 0)];
const server = words.find((word) => word.startsWith('http'));
if (words[0] === 'seed') {
  await seed(server);
  process.exit();
}

const report = (name, value, unit, most) => console.log(JSON.stringify({ name, value: Number(value.toPrecision(4)), unit, target: most === undefined ? null : `≤ ${most}`, pass: most === undefined ? null : value <= most }));
const settle = (page) => page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 2000 })));
const errors = [];

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--js-flags=--expose-gc'] });
async function open(path, { width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({ baseURL: server, viewport: { width, height } });
  const page = await context.newPage();
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  await page.addInitScript(watch);
  await page.goto(path);
  return page;
}

/** In the page: when which charts stood, and how long each frame took. */
function watch() {
  const seen = { first: null, all: null };
  const inView = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return bottom > 0 && top < innerHeight;
  };
  const look = () => {
    const places = [...document.querySelectorAll('.chart-place')].filter(inView);
    const drawn = places.filter((place) => place.querySelector('canvas'));
    if (drawn.length > 0) seen.first ??= performance.now();
    if (places.length > 0 && drawn.length === places.length) seen.all ??= performance.now();
    if (seen.all === null) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  window.measured = seen;
  window.framesWhile = (ms) => new Promise((resolve) => {
    const times = [];
    const end = performance.now() + ms;
    const tick = (now) => {
      times.push(now);
      if (now < end) requestAnimationFrame(tick);
      else resolve(times.slice(1).map((time, i) => time - times[i]));
    };
    requestAnimationFrame(tick);
  });
  /** Time from a deed until what it changes is on the screen. */
  window.until = (deed, done) => new Promise((resolve) => {
    const begun = performance.now();
    deed();
    const tick = () => (done() ? requestAnimationFrame(() => resolve(performance.now() - begun)) : requestAnimationFrame(tick));
    requestAnimationFrame(tick);
  });
}

const stood = (page) => page.waitForFunction(() => window.measured.all !== null, null, { timeout: 60_000 }).then(() => page.evaluate(() => window.measured));

const parts = {
  /** Opening a run with 100 charts of 100,000 points, with nothing in the browser's cache. */
  async open() {
    const times = [];
    for (let i = 0; i < 4; i++) {
      const page = await open('/runs/measure-wide');
      times.push(await stood(page));
      await page.context().close();
    }
    report('dashboard-open-usable', quantile(times.slice(1).map(({ first }) => first), 0.5), 'ms', 1000);
    report('dashboard-open-complete', quantile(times.slice(1).map(({ all }) => all), 0.5), 'ms', 3000);
    const tall = await open('/runs/measure-wide', { width: 1900, height: 5600 });
    const { all } = await stood(tall);
    report('dashboard-open-all-100-charts', all, 'ms', 3000);
    await tall.context().close();
  },

  /** Panning and zooming there. */
  async zoom() {
    const page = await open('/runs/measure-wide');
    await stood(page);
    await settle(page);
    const box = await page.locator('.chart-place .u-over').first().boundingBox();
    const at = (share) => [box.x + share * box.width, box.y + box.height / 2];
    const pan = async () => {
      await page.keyboard.down('Shift');
      await page.mouse.move(...at(0.7));
      await page.mouse.down();
      for (let i = 0; i < 60; i++) {
        await page.mouse.move(...at(0.7 - i / 120));
        await page.waitForTimeout(16);
      }
      await page.mouse.up();
      await page.keyboard.up('Shift');
      await page.waitForTimeout(1200);
    };
    const zoom = async () => {
      for (const [from, to] of [[0.3, 0.6], [0.2, 0.8]]) {
        await page.mouse.move(...at(from));
        await page.mouse.down();
        await page.mouse.move(...at(to), { steps: 20 });
        await page.mouse.up();
        await page.waitForTimeout(1200);
      }
      await page.mouse.dblclick(...at(0.5));
      await page.waitForTimeout(1200);
    };
    const hover = async () => {
      for (let i = 0; i < 60; i++) {
        await page.mouse.move(...at(i / 60));
        await page.waitForTimeout(16);
      }
    };
    for (const [name, work] of Object.entries({ hover, zoom, pan })) {
      const { longest, frames } = await traced(browser, page, work);
      report(`dashboard-${name}-longest-task`, longest, 'ms', 50);
      report(`dashboard-${name}-script-and-layout-p95`, quantile(frames, 0.95), 'ms a frame', 8);
      report(`dashboard-${name}-script-and-layout-worst`, Math.max(...frames), 'ms a frame');
    }
    await page.context().close();
  },

  /** The table of 10,000 runs: a filter, an order, scrolling. */
  async table() {
    const page = await open('/projects/measure-table');
    await page.waitForFunction(() => document.querySelectorAll('.line .cell-name').length > 10);
    await page.waitForTimeout(1500);
    const first = () => page.evaluate(() => document.querySelector('.line .cell-name')?.textContent);
    const [filters, orders] = [[], []];
    for (const text of ['metrics.val/loss < 0.3', 'config.optimizer.name = "sgd" and metrics.train/loss.min < 0.5', 'sweep-07', 'config.lr > 0.1', '']) {
      const foot = await page.locator('.runs-foot').innerText();
      await page.locator('.filter-input').fill(text);
      filters.push(await page.evaluate((before) => window.until(
        () => document.querySelector('.filter-input').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true })),
        () => document.querySelector('.line .cell-name')?.textContent !== before,
      ), await first()));
      await page.waitForFunction((old) => document.querySelector('.runs-foot').innerText !== old, foot, { timeout: 5000 }).catch(() => undefined);
      await page.waitForTimeout(400);
    }
    for (let i = 0; i < 6; i++) {
      orders.push(await page.evaluate(([before, heading]) => window.until(
        () => [...document.querySelectorAll('.head-name')].filter((button) => !button.disabled)[heading].click(),
        () => document.querySelector('.line .cell-name')?.textContent !== before,
      ), [await first(), [4, 4, 5, 5, 0, 0][i]]));
      await page.waitForTimeout(600);
    }
    report('dashboard-filter-10000', Math.max(...filters), 'ms', 200);
    report('dashboard-filter-10000-median', quantile(filters, 0.5), 'ms');
    report('dashboard-order-10000', Math.max(...orders), 'ms', 200);
    report('dashboard-order-10000-median', quantile(orders, 0.5), 'ms');
    await scroll(page, '.grid', 'dashboard-table-scroll');
    await page.context().close();
  },

  /** A workspace of 200 charts. */
  async wall() {
    const page = await open('/projects/measure-wall/charts');
    await stood(page);
    await settle(page);
    await scroll(page, '.charts-pane', 'dashboard-wall-scroll');
    await page.context().close();
  },

  live: () => live({ open, report, server, minutes }),
  fan: () => fan({ report, server, pid }),
};

/** Turns the wheel for four seconds. */
async function scroll(page, place, name) {
  const box = await page.locator(place).boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + Math.min(box.height, 600) / 2);
  let times = [];
  const { longest, frames } = await traced(browser, page, async () => {
    const frames = page.evaluate(() => window.framesWhile(4000));
    for (let i = 0; i < 160; i++) {
      await page.mouse.wheel(0, 90);
      await page.waitForTimeout(16);
    }
    times = await frames;
  });
  report(`${name}-frame-median`, quantile(times, 0.5), 'ms', 17);
  report(`${name}-frame-p95`, quantile(times, 0.95), 'ms');
  report(`${name}-script-and-layout-p95`, quantile(frames, 0.95), 'ms a frame', 8);
  report(`${name}-longest-task`, longest, 'ms', 50);
}

await api(server, '/session');
for (const name of words.filter((word) => word in parts).length > 0 ? words.filter((word) => word in parts) : Object.keys(parts)) await parts[name]();
report('dashboard-console-messages', errors.length, 'lines', 0);
errors.slice(0, 10).forEach((line) => console.error(line));
await browser.close();
