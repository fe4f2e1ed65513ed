/* Ends a vitest run with the line every suite of the repository ends with: "N passed, N failed". */
interface TestLike {
  result(): { state: string };
}
interface ModuleLike {
  children: { allTests(): Iterable<TestLike> };
}

export default class Reporter {
  onTestRunEnd(modules: readonly ModuleLike[], errors: readonly unknown[]) {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (test.result().state === "passed") passed += 1;
        else if (test.result().state === "failed") failed += 1;
      }
    }
    process.on("exit", () => console.log(`${passed} passed, ${failed} failed`));
  }
}
