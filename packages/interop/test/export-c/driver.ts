/**
 * A C program that runs every exported model on the sequences of its standard input. Two states take turns, so that one
 * that touched the other would show. It writes all outputs, what the self-test says and the size of a state.
 */

import type { ExportedC } from '../../src/index.ts';

/** The program; the headers lie beside it. */
export function driver(models: readonly ExportedC[], { sequences, time }: { sequences: number; time: number }): string {
  const features = models[0]?.features ?? 1;
  const steps = sequences * time;
  return `#include <stdio.h>
#include <string.h>
#define RHEO_SELF_TEST
${models.map(({ name }) => `#define RHEO_${name.toUpperCase()}_IMPLEMENTATION\n#include "${name}.h"`).join('\n')}

static float inputs[${steps}][${features}], elapsed[${steps}], observed[${steps}][${features}];

static int put(const float *numbers, size_t count) {
  return fwrite(numbers, sizeof(float), count, stdout) == count;
}

${models.map((model) => runner(model, sequences, time)).join('\n')}

int main(void) {
  if (fread(inputs, sizeof inputs, 1, stdin) != 1) return 1;
  if (fread(elapsed, sizeof elapsed, 1, stdin) != 1) return 1;
  if (fread(observed, sizeof observed, 1, stdin) != 1) return 1;
${models.map(({ name }) => `  if (!run_${name}()) return 1;`).join('\n')}
  return 0;
}
`;
}

function runner({ name, dt, observed }: ExportedC, sequences: number, time: number): string {
  const upper = name.toUpperCase();
  const step = (s: string): string =>
    `${name}_step(&states[${s} % 2], inputs[${s} * ${time} + t], ${dt === 'shared' ? `elapsed[${s} * ${time} + t], ` : ''}${observed ? `observed[${s} * ${time} + t], ` : ''}outputs[${s}][t]);`;
  return `static int run_${name}(void) {
  static ${name}_state states[2];
  static float outputs[${sequences}][${time}][${upper}_OUTPUTS];
  float facts[2];
  memset(states, 255, sizeof states);
  for (int s = 0; s < ${sequences}; s += 2) {
    ${name}_reset(&states[0]);
    ${name}_reset(&states[1]);
    for (int t = 0; t < ${time}; ++t) {
      ${step('s')}
      ${step('(s + 1)')}
    }
  }
  facts[0] = (float)${name}_self_test();
  facts[1] = (float)sizeof(${name}_state);
  return put(&outputs[0][0][0], sizeof outputs / sizeof(float)) && put(facts, 2);
}`;
}
