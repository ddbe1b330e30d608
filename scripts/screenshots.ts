// Takes the pictures in docs/screenshots: each page on a desktop and a phone, light and dark, with content as in real life.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mock } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import UPNG from 'upng-js';
import { findPrograms } from '../test/support/servers/programs.ts';
import { fillPageWorld, type PageWorld, startPageWorld } from '../test/support/service/page-world.ts';
import { demoClient } from '../test/support/service/running-service.ts';

const HELP = `Takes the pictures in docs/screenshots: each page, desktop and phone, light and dark. About a minute.

  npm run screenshots              all of them
  npm run screenshots -- keys      those whose name contains "keys"`;

const FOLDER = join(import.meta.dirname, '..', 'docs', 'screenshots');
const SCREENS = {
  desktop: { width: 1200, height: 800 },
  phone: { width: 390, height: 780 },
} as const;
const SCHEMES = ['light', 'dark'] as const;

interface Picture {
  readonly name: string;
  readonly tier: string;
  readonly path: string;
  /** Brings the page to what the picture shows; the heading of the page is there already. */
  readonly show: (page: Page, world: PageWorld) => Promise<unknown>;
  /** Only what a window shows: for dialogs. */
  readonly window?: boolean;
}

const PICTURES: readonly Picture[] = [
  {
    name: 'keys',
    tier: 'professional',
    path: '/',
    show: (page) => page.getByText(/by open-webui/).waitFor(),
  },
  {
    name: 'first-key',
    tier: 'starter',
    path: '/',
    show: (page) => page.getByRole('heading', { name: 'Add your first key' }).waitFor(),
  },
  {
    name: 'activity',
    tier: 'professional',
    path: `/activity?from=${daysAgo(6)}`,
    show: (page) => page.getByText('open-webui used your OpenAI key').first().waitFor(),
  },
  {
    name: 'account',
    tier: 'starter',
    path: '/account',
    show: (page) => page.getByText('This browser').waitFor(),
  },
  {
    name: 'admin',
    tier: 'enterprise',
    path: '/admin',
    show: (page) => page.getByRole('img', { name: /keys/i }).waitFor(),
  },
  {
    name: 'admin-people',
    tier: 'enterprise',
    path: '/admin/people',
    async show(page) {
      await page.getByRole('searchbox').fill('professional');
      await page.getByRole('link', { name: /Demo Professional/ }).click();
      await page.getByText('open-webui').first().waitFor();
    },
  },
  {
    name: 'admin-audit',
    tier: 'enterprise',
    path: '/admin/audit',
    async show(page) {
      await page.getByLabel('What').selectOption({ label: 'Key given out' });
      await page.getByRole('button', { name: 'Verify the chain' }).click();
      await page
        .getByText(/intact/i)
        .first()
        .waitFor();
    },
  },
  // Last, because its tests stand in the activity.
  {
    name: 'add-key',
    tier: 'professional',
    path: '/',
    window: true,
    async show(page, world) {
      await page.getByRole('button', { name: 'Add Together AI key' }).click();
      await page.getByLabel('API key').fill(world.key('together', 'good'));
      await page.getByRole('textbox', { name: 'Label' }).fill('Fine-tuned models');
      await page.getByRole('button', { name: 'Test first' }).click();
      await page.getByRole('dialog').getByText('Together AI accepts the key.').waitFor();
    },
  },
];

function daysAgo(days: number): string {
  return new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
}

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Mobile/15E148 Safari/604.1';

/** One session a person, as in real life, and one more on a phone. */
async function signIn({ service }: PageWorld): Promise<(tier: string) => string> {
  const cookies = new Map<string, string>();
  for (const tier of new Set(PICTURES.map((picture) => picture.tier))) {
    await demoClient(service, tier, { 'user-agent': PHONE });
    const desktop = await demoClient(service, tier, { 'user-agent': `${CHROME} Chrome/142.0.0.0 Safari/537.36` });
    cookies.set(tier, desktop.cookies.get('byok_session') ?? '');
  }
  return (tier) => cookies.get(tier) ?? '';
}
const CHROME = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)';

async function takeAll(world: PageWorld, browser: Browser, wanted: readonly Picture[]): Promise<void> {
  const cookieOf = await signIn(world);
  for (const picture of wanted)
    for (const [screen, viewport] of Object.entries(SCREENS))
      for (const colorScheme of SCHEMES) {
        const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce' });
        const root = `http://localhost:${world.service.port}`;
        await context.addCookies([{ name: 'byok_session', value: cookieOf(picture.tier), url: root }]);
        const page = await context.newPage();
        await page.goto(`${root}${picture.path}`);
        await page.getByRole('heading', { level: 1 }).waitFor();
        await picture.show(page, world);
        await page.evaluate('document.fonts.ready');
        const png = await page.screenshot({ fullPage: picture.window !== true, animations: 'disabled' });
        const name = join(screen, fileName(picture, colorScheme));
        const small = shrink(png);
        writeFileSync(join(FOLDER, name), small);
        console.log(`${name}  ${Math.round(small.length / 1024)} KB`);
        await context.close();
      }
}

/** With 256 colours, which is all that such a page has. */
function shrink(png: Buffer): Buffer {
  const bytes = png.buffer.slice(png.byteOffset, png.byteOffset + png.byteLength) as ArrayBuffer;
  const image = UPNG.decode(bytes);
  return Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, 256));
}

const fileName = ({ name }: Picture, colorScheme: (typeof SCHEMES)[number]): string => `${name}-${colorScheme}.png`;

/** One for each screen. What no picture of the list is called has no place there. */
function makeFolders(): void {
  const names = new Set(PICTURES.flatMap((picture) => SCHEMES.map((scheme) => fileName(picture, scheme))));
  for (const folder of Object.keys(SCREENS).map((screen) => join(FOLDER, screen))) {
    mkdirSync(folder, { recursive: true });
    for (const file of readdirSync(folder)) if (!names.has(file)) rmSync(join(folder, file));
  }
}

async function main(words: readonly string[]): Promise<void> {
  const wanted = PICTURES.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
  const { chromium: executablePath } = await findPrograms();
  makeFolders();
  const world = await startPageWorld({ PORT: '8084' });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    // The story is told over months; the clock of this process is the service's.
    mock.timers.enable({ apis: ['Date'], now: Date.now() });
    await fillPageWorld(world, (time) => mock.timers.setTime(time.getTime()));
    mock.timers.reset();
    await takeAll(world, browser, wanted);
  } finally {
    await browser.close();
    await world.close();
  }
}

const words = process.argv.slice(2);
if (words.includes('--help') || words.includes('-h')) console.log(HELP);
else await main(words);
