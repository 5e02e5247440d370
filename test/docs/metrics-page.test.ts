// docs/metrics.md, the dashboard and what GET /metrics answers name the same metrics.
import { beforeAll, describe, expect, it } from '@jest/globals';
import { GAUGES } from '#telemetry/gauges.js';
import { TestApp } from '../support/app.js';
import { codeOf, rowsOf, section, textOf } from './markdown.js';

interface Told {
  name: string;
  type: string;
  help: string;
}
let exposition: string;
let told: Told[];
beforeAll(async () => {
  const app = await TestApp.open();
  exposition = (await app.get('/metrics')).text;
  told = [...exposition.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name, help, type]) => ({ name: name!, help: help!, type: type! }));
});

const page = textOf('docs/metrics.md');
const own = rowsOf(section(page, 'Of the service')).map(([name, type, labels, help]) => ({ name: codeOf(name!)[0]!, type: type!, labels: codeOf(labels!), help: help! }));
const others = rowsOf(section(page, 'Of the API process')).map(([name, type, help]) => ({ name: codeOf(name!)[0]!, type: type!, help: help! }));

describe('docs/metrics.md', () => {
  it('lists each metric with its type and help, and no other', () => {
    const sorted = (all: readonly Told[]): Told[] => [...all].sort((a, b) => (a.name < b.name ? -1 : 1));
    const listed = [...own, ...others].map(({ name, type, help }) => ({ name, type, help }));
    expect(sorted(listed)).toEqual(sorted(told));
  });

  it('names the labels of each', () => {
    const gauges = own.filter(({ name }) => name in GAUGES).map(({ name, labels }) => [name, labels]);
    expect(gauges).toEqual(Object.entries(GAUGES).map(([name, { labels }]) => [name, [...labels]]));
  });
});

describe('docs/grafana/rootstock.json', () => {
  const dashboard = JSON.parse(textOf('docs/grafana/rootstock.json')) as {
    panels: { title: string; targets: { expr: string }[] }[];
    templating: { list: { query: string }[] };
  };
  const expressions = [...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...dashboard.templating.list.map(({ query }) => query)];
  const named = new Set(expressions.flatMap((text) => text.match(/\b(rootstock|process|nodejs)_[a-z0-9_]+/g) ?? []));

  it('asks for nothing that is not told', () => {
    const names = new Set(told.flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])));
    expect([...named].filter((name) => !names.has(name))).toEqual([]);
  });

  it('shows every metric of the service', () => {
    expect(own.map(({ name }) => name).filter((name) => ![...named].some((one) => one.startsWith(name)))).toEqual([]);
  });
});
