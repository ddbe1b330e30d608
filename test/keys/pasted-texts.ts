// What people paste where a key belongs, for the tests of the calls and of the page.

const KEY = 'sk-good-0123456789abcdef-5678';

export const MASKS = [
  'sk-good...5678',
  'sk-...5678',
  'sk-…Ab3d',
  'sk-****…Ab3d',
  'sk-****Ab3d',
  'sk-ant-api03-Abc...xyzA',
  'gsk_...abcd',
  '***unbound***',
  '***error***',
  '****************',
  '••••••••••••••••',
  'sk-●●●●●●●●●●●●Ab3d',
  'sk-xxxxxxxxxxxxxxxxxxxxxxxx',
  'sk-proj-XXXXXXXXXXXXXXXXAb3d',
  'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx',
  '"sk-good...5678"',
  'Bearer sk-****Ab3d',
  'OPENAI_API_KEY=sk-...5678',
  'sk-ab12[REDACTED]wxyz',
  'sk-ab12<hidden>wxyz',
  'sk-ab12########wxyz',
  'sk-ab12XXXXwxyz9999',
  'sk-ab12xxxxwxyz',
  'sk-ab12?????????wxyz',
  'sk-proj-____wxyz',
  'sk-good--------5678',
  '~~~~~~~~~~~~',
  '____________',
  '------------',
  '############',
] as const;

export const PLACEHOLDERS = [
  'sk-your-key-here',
  'YOUR_API_KEY',
  'your-openai-api-key',
  '<your key>',
  '<YOUR_API_KEY_HERE>',
  'yourapikeyhere',
  'yourApiKeyHere',
  'changeme',
  'CHANGE-ME',
  'change_me_please',
  'sk-placeholder',
  'replace-with-your-key',
  'insert your API key here',
  '[redacted]',
  '<hidden>',
  'undefined',
] as const;

export const REFERENCES = [
  '$OPENAI_API_KEY',
  `\${OPENAI_API_KEY}`,
  '"$OPENAI_API_KEY"',
  '%OPENAI_API_KEY%',
  '{{ openai_api_key }}',
  `\${{ secrets.OPENAI_API_KEY }}`,
  'OPENAI_API_KEY',
  'process.env.OPENAI_API_KEY',
  'os.environ["OPENAI_API_KEY"]',
  '$env:OPENAI_API_KEY',
  '$(cat key.txt)',
] as const;

/** What is no key and no mask, and the beginning of what is said of it. */
export const OTHER_THINGS = [
  ['~/.openai_key', 'This is the name of a file'],
  ['/run/secrets/openai', 'This is the name of a file'],
  ['./keys/openai.txt', 'This is the name of a file'],
  ['C:\\Users\\ada\\key.txt', 'This is the name of a file'],
  ['ada@example.com', 'This is an email address'],
  ['-----BEGIN PRIVATE KEY-----', 'This is a certificate or the key of one'],
] as const;

export const WEB_ADDRESSES = [
  'https://platform.openai.com/api-keys',
  'platform.openai.com/api-keys',
  'http://console.groq.com/keys',
  'www.perplexity.ai/settings/api',
  '<https://platform.openai.com/api-keys>',
] as const;

const QUOTES = 'the quotes around it';
const VARIABLE = 'the variable’s name before it';
const NAME = 'the name before it';
const HEADER = 'the header’s name';
const BEARER = 'the word “Bearer” before it';
const INVISIBLE = 'the invisible characters in it';
const SPACES = 'the spaces or line breaks around it';

/** The text, and what it has to be sent without. Taking that off leaves `KEY`. */
export const WRAPPED: readonly (readonly [text: string, without: string])[] = [
  [`"${KEY}"`, QUOTES],
  [`'${KEY}'`, QUOTES],
  [`\`${KEY}\``, QUOTES],
  [`“${KEY}”`, QUOTES],
  [`„${KEY}“`, QUOTES],
  [`‘${KEY}’`, QUOTES],
  [`«${KEY}»`, QUOTES],
  [`"${KEY}`, QUOTES],
  [`${KEY}'`, QUOTES],
  [`\\"${KEY}\\"`, QUOTES],
  [`<${KEY}>`, 'the brackets around it'],
  [`Bearer ${KEY}`, BEARER],
  [`bearer  ${KEY}`, BEARER],
  [`Authorization: Bearer ${KEY}`, `${HEADER} and ${BEARER}`],
  [`authorization:${KEY}`, HEADER],
  [`x-api-key: ${KEY}`, HEADER],
  [
    `-H "Authorization: Bearer ${KEY}" \\`,
    `the backslash after it, the option before it, ${QUOTES}, ${HEADER} and ${BEARER}`,
  ],
  [`OPENAI_API_KEY=${KEY}`, VARIABLE],
  [`OPENAI_KEY_PROD=${KEY}`, VARIABLE],
  [`openai=${KEY}`, VARIABLE],
  [`export OPENAI_API_KEY=${KEY}`, VARIABLE],
  [`export X=${KEY}`, VARIABLE],
  [`set X=${KEY}`, VARIABLE],
  [`setx OPENAI_API_KEY "${KEY}"`, `${QUOTES} and ${VARIABLE}`],
  [`set -gx OPENAI_API_KEY ${KEY}`, VARIABLE],
  [`$env:X = "${KEY}"`, `${QUOTES} and ${VARIABLE}`],
  [`export X='${KEY}';`, `the semicolon after it, ${QUOTES} and ${VARIABLE}`],
  [`os.environ["OPENAI_API_KEY"] = "${KEY}"`, `${QUOTES} and ${VARIABLE}`],
  [`const apiKey = "${KEY}";`, `the semicolon after it, ${QUOTES} and ${VARIABLE}`],
  [`"X": "${KEY}",`, `the comma after it, ${QUOTES} and ${NAME}`],
  [`"api_key": "${KEY}"`, `${QUOTES} and ${NAME}`],
  [`{"api_key": "${KEY}"}`, `the brackets around it, ${NAME} and ${QUOTES}`],
  [`api_key: ${KEY}`, NAME],
  [`My OpenAI key: ${KEY}`, NAME],
  [`- ${KEY}`, 'the list mark before it'],
  [`${KEY},`, 'the comma after it'],
  [`${KEY};`, 'the semicolon after it'],
  [`${KEY}.`, 'the full stop after it'],
  [`${KEY}%0A`, 'the encoded space or line break after it'],
  [`?api_key=${KEY}`, `what belongs to a web address and ${VARIABLE}`],
  [`${KEY}#production`, 'the comment after it'],
  [`${KEY} # production`, 'the comment after it'],
  [`${KEY}\u200b`, INVISIBLE],
  [`\ufeff${KEY}`, INVISIBLE],
  [`sk-good\u2060-0123456789abcdef-5678`, INVISIBLE],
  [`sk-good-\u00ad0123456789abcdef-5678`, INVISIBLE],
  [`${KEY}\0`, INVISIBLE],
  [`\u202a${KEY}\u202c`, INVISIBLE],
  [`${KEY}\u00a0`, SPACES],
  [` ${KEY}`, SPACES],
  [`${KEY}\r\n`, SPACES],
  [`\t${KEY}`, SPACES],
  [` "${KEY}", `, `${SPACES}, the comma after it and ${QUOTES}`],
];
