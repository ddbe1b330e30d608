// <byok-keys>: the keys of the signed-in person, for other pages on the same site to place among their own content.
// Its styles stay inside; its colours come from CSS custom properties (docs/page.md).
import { render } from 'preact';
import { STYLESHEET } from '../../src/http/stylesheet.ts';
import { Announcer } from './components/announcer.tsx';
import { SessionEnded } from './components/session-ended.tsx';
import { KeysView } from './keys/keys-view.tsx';
import { readBase, rootOf } from './read-base.ts';
import { createStore, type Store, StoreProvider } from './store.ts';
import pageStyles from './styles.css?inline';

/** Where the service stands, as this file's own address says: …/ui/assets/NAME.js. */
const OWN_BASE = new URL(/* @vite-ignore */ '../../', import.meta.url).pathname.replace(/\/$/, '');

// Inside of a shadow tree the element itself is the root; its place, size and ground are for the page around it to say.
const OWN_STYLES = `
:host { display: block; min-height: 0; padding: 0; background: none; }
:host([hidden]) { display: none; }
:host([scheme='light']) { color-scheme: light; }`;
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  `${STYLESHEET}${pageStyles}`
    // A page without a dark side says so.
    .replaceAll(/(prefers-color-scheme:\s*dark\)\s*\{\s*):root/g, "$1:host(:not([scheme='light']))")
    .replaceAll(/:root\b/g, ':host')
    .replaceAll(/(^|\}|\n)body\s*\{/g, '$1:host{') + OWN_STYLES,
);

const BAD_BASE =
  'The attribute base of <byok-keys> must be empty or a path on this site, such as /byok. Keys are sent nowhere else.';
const NO_ORIGIN =
  '<byok-keys> works in a page with an http or https address, and not in a file or a sandboxed frame. Nothing is sent.';

class ByokKeys extends HTMLElement {
  #store: Store | undefined;

  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    const base = readBase(this.getAttribute('base') ?? OWN_BASE);
    const service = rootOf(self.origin, base ?? '');
    if (base === undefined || service === undefined) {
      render(<p role="alert">{base === undefined ? BAD_BASE : NO_ORIGIN}</p>, root);
      return;
    }
    this.#store = createStore({ base, root: service });
    render(
      <StoreProvider value={this.#store}>
        <KeysView />
        <Announcer />
        <SessionEnded />
      </StoreProvider>,
      root,
    );
  }

  disconnectedCallback(): void {
    if (this.shadowRoot !== null) render(null, this.shadowRoot);
    this.#store?.session.close();
    this.#store = undefined;
  }
}

if (customElements.get('byok-keys') === undefined) customElements.define('byok-keys', ByokKeys);
