// The look of the server's own pages, light and dark. Colours meet WCAG AA on their backgrounds.

export const STYLESHEET = `
:root {
  color-scheme: light dark;
  --page: #f5f6f8; --card: #fff; --ink: #171a21; --soft: #5a6272; --line: #e2e5eb; --hover: #f3f5fa;
  --accent: #3949d8; --accent-ink: #fff; --accent-hover: #2d3bb8; --code: #f4f5f8;
  --font: Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif;
  --shadow: 0 1px 2px #141a3a0f, 0 12px 32px -12px #141a3a26;
  --trial: #5a6272; --starter: #0b6e63; --professional: #3949d8; --enterprise: #8a3ab9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1117; --card: #181b24; --ink: #eceef4; --soft: #a2aabb; --line: #2a2f3c; --hover: #212532;
    --accent: #97a2ff; --accent-ink: #10131f; --accent-hover: #b3bbff; --code: #11141b;
    --shadow: 0 1px 2px #0006, 0 16px 40px -16px #000a;
    --trial: #a2aabb; --starter: #56cdbd; --professional: #97a2ff; --enterprise: #d39bf2;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  min-height: 100vh; padding: clamp(1rem, 6vh, 4.5rem) 1rem; background: var(--page); color: var(--ink);
  font: 1rem/1.5 var(--font);
  -webkit-font-smoothing: antialiased;
}
main { margin: 0 auto; }
.narrow { max-width: 27rem; }
.wide { max-width: 44rem; }
.brand { display: flex; align-items: center; gap: .7rem; margin: 0 .25rem 1.25rem; font-weight: 650; letter-spacing: -.01em; }
.brand .soft { color: var(--soft); font-weight: 450; }
.mark { flex: none; width: 2rem; height: 2rem; }
.mark rect { fill: var(--accent); }
.mark g { stroke: var(--accent-ink); }
.card { padding: 1.75rem; background: var(--card); border: 1px solid var(--line); border-radius: 16px; box-shadow: var(--shadow); }
h1 { font-size: 1.4rem; line-height: 1.25; letter-spacing: -.02em; font-weight: 680; overflow-wrap: anywhere; }
h2 { margin-top: 1.75rem; font-size: 1rem; font-weight: 650; }
.lead { margin-top: .4rem; color: var(--soft); text-wrap: pretty; }
.hint { margin-top: .25rem; color: var(--soft); font-size: .925rem; }
.people { display: grid; gap: .6rem; margin-top: 1.35rem; padding: 0; list-style: none; }
.person {
  display: flex; align-items: center; gap: .9rem; width: 100%; padding: .8rem .9rem; text-align: left; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 12px; cursor: pointer;
  transition: background-color .12s, border-color .12s;
}
.person:hover { background: var(--hover); border-color: var(--accent); }
.who { flex: 1; min-width: 0; }
.who strong, .who span { display: block; }
.who strong { font-weight: 620; }
.email { font-size: .9rem; color: var(--soft); overflow-wrap: anywhere; }
.note { margin-top: .15rem; font-size: .84rem; color: var(--soft); }
.avatar {
  --tone: var(--trial); flex: none; display: grid; place-items: center; width: 2.6rem; height: 2.6rem; border-radius: 50%;
  font-weight: 680; color: var(--tone); background: color-mix(in srgb, var(--tone) 13%, var(--card));
}
.chevron { flex: none; width: 1rem; height: 1rem; color: var(--soft); }
.chevron path { stroke: currentColor; }
.person:hover .chevron { color: var(--accent); }
.tier {
  --tone: var(--trial); padding: .15rem .7rem; border-radius: 99px; font-size: .84rem; font-weight: 620; text-transform: capitalize;
  color: var(--tone); background: color-mix(in srgb, var(--tone) 13%, var(--card));
}
[data-tier='starter'], [data-tier='byok'] { --tone: var(--starter); }
[data-tier='professional'], [data-tier='managed'] { --tone: var(--professional); }
[data-tier='enterprise'], [data-tier='vip_founder'], [data-tier='founder_friend'] { --tone: var(--enterprise); }
.self { display: flex; align-items: center; gap: 1rem; padding-bottom: 1.5rem; border-bottom: 1px solid var(--line); }
.self .eyebrow { font-size: .84rem; color: var(--soft); }
.self .avatar { width: 3rem; height: 3rem; font-size: 1.15rem; }
pre {
  margin-top: .75rem; padding: 1rem 1.1rem; overflow-x: auto; background: var(--code); border: 1px solid var(--line); border-radius: 12px;
}
code { font: .86rem/1.65 ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
p code { padding: .1rem .35rem; background: var(--code); border: 1px solid var(--line); border-radius: 6px; font-size: .82rem; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem; margin-top: 1.5rem; }
.button {
  display: inline-block; padding: .62rem 1.15rem; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
  color: var(--accent-ink); background: var(--accent); border: 1px solid var(--accent); border-radius: 10px;
}
.button:hover { background: var(--accent-hover); border-color: var(--accent-hover); }
.button.quiet { color: var(--ink); background: transparent; border-color: var(--line); }
.button.quiet:hover { background: var(--hover); }
footer { margin: 1.1rem .35rem 0; font-size: .875rem; color: var(--soft); text-wrap: pretty; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-color: var(--accent); }
@media (max-width: 30rem) {
  .card { padding: 1.25rem; }
  .person { gap: .75rem; padding: .7rem .75rem; }
  .person .email { font-size: .82rem; }
  .self { flex-wrap: wrap; }
  .self .who { flex-basis: 60%; }
  .self .tier { margin-left: 4rem; }
  .actions > *, .actions .button { flex: 1 1 100%; width: 100%; text-align: center; }
}
@media (forced-colors: active) { .person, .button { border-color: ButtonText; } }
`;
