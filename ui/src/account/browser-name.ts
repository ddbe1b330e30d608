// A browser as people call it, from the words in which it describes itself.

/** The first that fits: browsers claim to be one another. */
const BROWSERS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\bEdg(?:A|iOS)?\//, 'Edge'],
  [/\b(?:OPR|OPiOS|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/(?:Chrome|Chromium|\bCriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
  [/^python-(?:requests|httpx|urllib)|^Python\b|\baiohttp\//, 'A Python program'],
  [/^(?:node|undici)\b/, 'A Node.js program'],
];
const SYSTEMS: readonly (readonly [sign: RegExp, name: string])[] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b|\bMacintosh\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
];

/** `Chrome on Linux`; what is not known is called by its own first word, or an unknown browser. */
export function browserName(userAgent: string | null): string {
  const text = userAgent ?? '';
  const browser = BROWSERS.find(([sign]) => sign.test(text))?.[1];
  const system = SYSTEMS.find(([sign]) => sign.test(text))?.[1];
  const own = /^([A-Za-z][\w .-]{0,39})\//.exec(text)?.[1];
  const name = browser ?? (own === undefined || own === 'Mozilla' ? 'An unknown browser' : own);
  return system === undefined ? name : `${name} on ${system}`;
}
