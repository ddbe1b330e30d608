import { describe, expect, it } from 'vitest';
import { html } from '../../src/http/html.ts';

describe('markup', () => {
  it('escapes every value', () => {
    const { markup } = html`<p title="${`"'&<>`}">${'<script>alert(1)</script>'}</p>`;
    expect(markup).toBe('<p title="&quot;&#39;&amp;&lt;&gt;">&lt;script&gt;alert(1)&lt;/script&gt;</p>');
  });

  it('leaves markup in markup as it is, alone or in a list', () => {
    expect(html`<ul>${['a', '&'].map((item) => html`<li>${item}</li>`)}</ul>${html`<br>`}`.markup).toBe(
      '<ul><li>a</li><li>&amp;</li></ul><br>',
    );
  });

  it('writes numbers, and nothing for undefined', () => {
    expect(html`${1}${undefined}${0}`.markup).toBe('10');
  });
});
