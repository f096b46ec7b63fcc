import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files whose folder takes longest go first, so that the workers end together on short ones: the crash test, then what
 * runs whole shops, then the tests beside the code. Within those vitest's own order: failed, long and large ones first.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => this.#rank(a) - this.#rank(b));
  }

  #rank({ moduleId }: TestSpecification): number {
    const file = relative(this.ctx.config.root, moduleId);
    if (file.startsWith("test/crash/")) return 0;
    return file.startsWith("test/") ? 1 : 2;
  }
}
