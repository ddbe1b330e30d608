// A reporter of vitest's: writes down what each test file cost, for `npm test -- --slowest`.
import { writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';
import { COSTS_FILE, type FileCost } from './test-costs.ts';

// Vitest calls it with `new`: it is no arrow function.
export default function createCostReporter(): Reporter {
  return {
    onTestRunEnd(modules) {
      const file = process.env[COSTS_FILE];
      if (file) writeFileSync(file, JSON.stringify(modules.map(costOf)));
    },
  };
}

function costOf(module: TestModule): FileCost {
  const { environmentSetupDuration, prepareDuration, collectDuration, setupDuration, duration } = module.diagnostic();
  // Noted by test/support/file-cost.ts, where the project has it.
  const { cpuMs }: { readonly cpuMs?: number } = module.meta();
  return {
    path: relative(module.project.config.root, module.moduleId),
    tests: [...module.children.allTests()].length,
    wallMs: environmentSetupDuration + prepareDuration + collectDuration + setupDuration + duration,
    ...(cpuMs === undefined ? {} : { cpuMs }),
  };
}
