// <byok-keys>: the keys of the signed-in person, for other pages on the same site to place among their own content.
// Its styles stay inside; its colours come from CSS custom properties (docs/element.md).
import { render } from 'preact';
import { STYLESHEET } from '../../src/http/stylesheet.ts';
import { Announcer } from './components/announcer.tsx';
import { SessionEnded } from './components/session-ended.tsx';
import { KeysView } from './keys/keys-view.tsx';
import { createStore, StoreProvider } from './store.ts';
import pageStyles from './styles.css?inline';

/** Where the service stands, as this file's own address says: …/ui/assets/NAME.js. */
const OWN_BASE = new URL(/* @vite-ignore */ '../../', import.meta.url).pathname.replace(/\/$/, '');

const sheet = new CSSStyleSheet();
// Inside of a shadow tree the element itself is the root.
sheet.replaceSync(
  `${STYLESHEET}${pageStyles}`.replaceAll(/:root\b/g, ':host').replaceAll(/(^|\n)body( >)?/g, '$1:host$2'),
);

class ByokKeys extends HTMLElement {
  connectedCallback(): void {
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    root.adoptedStyleSheets = [sheet];
    render(
      <StoreProvider value={createStore(this.getAttribute('base') ?? OWN_BASE)}>
        <KeysView />
        <Announcer />
        <SessionEnded />
      </StoreProvider>,
      root,
    );
  }

  disconnectedCallback(): void {
    if (this.shadowRoot !== null) render(null, this.shadowRoot);
  }
}

if (customElements.get('byok-keys') === undefined) customElements.define('byok-keys', ByokKeys);
