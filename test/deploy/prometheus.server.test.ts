import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type KeycloakService, startKeycloakService } from '../support/keycloak/keycloak-service.ts';
import { temporaryFolder } from '../support/programs/temporary-folder.ts';
import { API } from '../support/service/api-client.ts';
import { metricValue, scrape, seriesNames, TOKEN } from '../support/service/metrics.ts';

const run = promisify(execFile);
/** Prometheus makes these itself. */
const OF_PROMETHEUS = ['up', 'ALERTS'];
const DATASOURCE = ['$', '{datasource}'].join('');
const LIMIT = { timeout: 60_000 };

const dashboardShape = z.object({
  schemaVersion: z.number().min(36),
  uid: z.string(),
  title: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(
    z.object({
      id: z.number(),
      type: z.string(),
      title: z.string(),
      gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
      datasource: z.object({ uid: z.string() }).optional(),
      targets: z.array(z.object({ expr: z.string(), datasource: z.object({ uid: z.string() }) })).default([]),
    }),
  ),
});
const rulesShape = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          labels: z.object({ severity: z.enum(['critical', 'warning']) }),
          annotations: z.strictObject({
            summary: z.string().min(10),
            description: z.string().min(10),
            action: z.string().min(10),
            runbook: z.string(),
          }),
        }),
      ),
    }),
  ),
});

const dashboard = dashboardShape.parse(JSON.parse(readFileSync('deploy/grafana/byok.json', 'utf8')));
const { groups } = rulesShape.parse(parse(readFileSync('deploy/prometheus/alerts.yml', 'utf8')));
const alerts = groups.flatMap(({ rules }) => rules);
/** With what Grafana would put in. */
const queries = dashboard.panels
  .flatMap(({ targets }) => targets.map(({ expr }) => expr))
  .map((expr) => expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '6h').replaceAll('$instance', '.*'));

/** Names of series: words that are neither functions, keywords, labels nor within quotes. */
function seriesIn(expr: string): string[] {
  const bare = expr
    .replace(/"[^"]*"/g, '""')
    .replace(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ')
    .replace(/\{[^}]*\}/g, '{}')
    .replace(/\[[^\]]*\]/g, '');
  return [...bare.matchAll(/\b([a-z_]\w*)\b(?!\s*\()/gi)]
    .map(([, word = '']) => word)
    .filter((word) => !/^(?:by|and|or|unless|inf|nan)$/i.test(word));
}

describe('what is written for Prometheus and Grafana', () => {
  let service: KeycloakService;
  let exposed: Set<string>;
  let text: string;
  beforeAll(async () => {
    service = await startKeycloakService({ env: { METRICS_TOKEN: TOKEN } });
    const { email } = await service.newPerson();
    const client = await service.platformClient({ email });
    await client.post(`${API}/keys/add`, { provider: 'openai', key: 'sk-0123456789abcdef' });
    await service.adoption.refresh();
    text = await scrape(service);
    exposed = seriesNames(text);
  });
  afterAll(() => service?.stop());

  it('is read from a service whose answer promtool finds nothing wrong with', async () => {
    const file = join(temporaryFolder(), 'scrape.txt');
    writeFileSync(file, text);
    // Exit status 3: only remarks on style, which the process metrics of prom-client get.
    const { status, output } = await run(
      'sh',
      ['-c', `"$0" check metrics < "$1"`, inject('promtool'), file],
      LIMIT,
    ).then(
      () => ({ status: 0, output: '' }),
      (error: { code: number; stdout: string; stderr: string }) => ({
        status: error.code,
        output: error.stdout + error.stderr,
      }),
    );
    expect([0, 3], output).toContain(status);
    const remarks = output.split('\n').filter((line) => line.includes('byok_'));
    expect(remarks).toEqual([]);
  });

  it('counts the calls to Keycloak, and the people of the realm with a key', () => {
    expect(metricValue(text, 'byok_keycloak_calls_total', { kind: 'write', outcome: 'ok' })).toBe(1);
    expect(metricValue(text, 'byok_keycloak_call_duration_seconds_count', { kind: 'write' })).toBe(1);
    expect(metricValue(text, 'byok_users')).toBe(1);
    expect(metricValue(text, 'byok_adoption_ratio')).toBe(1);
    expect(metricValue(text, 'byok_keys', { provider: 'openai' })).toBe(1);
  });

  it('says of each part whether it does what the service needs, and whether it takes work', () => {
    for (const part of ['database', 'keycloak', 'redis']) expect(metricValue(text, 'byok_part_up', { part })).toBe(1);
    expect(metricValue(text, 'byok_ready')).toBe(1);
  });

  it('asks only for series that the service has', () => {
    const names = [...queries, ...alerts.map(({ expr }) => expr)].flatMap(seriesIn);
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => !exposed.has(name) && !OF_PROMETHEUS.includes(name))).toEqual([]);
  });

  it('shows every series of the service’s own on the dashboard', () => {
    const shown = new Set(queries.flatMap(seriesIn).map((name) => name.replace(/_(?:bucket|count|sum)$/, '')));
    const own = [...text.matchAll(/^# TYPE (byok_\S+) /gm)].map(([, name = '']) => name);
    expect(own.length).toBeGreaterThan(15);
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });

  it('has expressions that Prometheus can read', async () => {
    const file = join(temporaryFolder(), 'dashboard.yml');
    const rules = queries.map((expr, index) => ({ record: `dashboard:query:${index}`, expr }));
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules }] }));
    const { stdout } = await run(inject('promtool'), ['check', 'rules', file], LIMIT);
    expect(stdout).toContain(`SUCCESS: ${queries.length} rules found`);
  });

  it('has alerts that fire when they should and not before', async () => {
    await run(inject('promtool'), ['check', 'rules', 'deploy/prometheus/alerts.yml'], LIMIT);
    const { stdout } = await run(inject('promtool'), ['test', 'rules', 'deploy/prometheus/alerts.test.yml'], LIMIT);
    expect(stdout).toContain('SUCCESS');
    const tests = readFileSync('deploy/prometheus/alerts.test.yml', 'utf8');
    for (const { alert } of alerts) expect(tests).toContain(alert);
  });

  it('has a scrape configuration that Prometheus takes', async () => {
    const { stdout } = await run(
      inject('promtool'),
      ['check', 'config', '--syntax-only', 'deploy/prometheus/scrape.yml'],
      LIMIT,
    );
    expect(stdout).toContain('SUCCESS');
  });
});

describe('the dashboard for Grafana', () => {
  it('takes its data source from a variable, so that it can be imported anywhere', () => {
    expect(dashboard.templating.list).toContainEqual({ name: 'datasource', type: 'datasource' });
    for (const { type, datasource, targets } of dashboard.panels) {
      const used = [datasource, ...targets.map((target) => target.datasource)].map((source) => source?.uid);
      expect(new Set(used)).toEqual(new Set([type === 'row' ? undefined : DATASOURCE]));
    }
  });

  it('begins with the six metrics of the original report', () => {
    const titles = dashboard.panels.map(({ title }) => title).slice(1, 7);
    expect(titles).toEqual([
      '1. BYOK adoption rate',
      '2. Provider distribution',
      '3. Key test success rate',
      '4. API latency',
      '5. Cache hit rate',
      '6. Error rate',
    ]);
  });

  it('has panels that do not lie on each other', () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)} ${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('every alert', () => {
  it.each(alerts.map((alert) => [alert.alert, alert] as const))('%s leads to what to do about it', (name, alert) => {
    const [file = '', anchor] = alert.annotations.runbook.split('#');
    expect(anchor).toBe(name.toLowerCase());
    expect(existsSync(file)).toBe(true);
    expect(
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line === `### ${name}`),
    ).toHaveLength(1);
  });
});
