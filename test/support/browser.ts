import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium } from "playwright-core";
import { isInstalled } from "../../lib/testing/programs.ts";

const program = "/usr/bin/chromium";

/** Whether this machine has a browser to test with. */
export const hasBrowser = isInstalled(program, ["--version"]);

/** A browser with a profile of its own, which is deleted with it. */
export async function openBrowser(): Promise<{ browser: BrowserContext } & AsyncDisposable> {
  const profile = await mkdtemp(join(tmpdir(), "rowlock-browser-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: program,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
  return {
    browser,
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
