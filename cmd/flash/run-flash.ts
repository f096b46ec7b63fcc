import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLog } from "../../lib/telemetry/log.ts";
import { comeToRest } from "./come-to-rest.ts";
import { type Deployment, deploy } from "./deployment.ts";
import { createHttpClient } from "./http-client.ts";
import { createMeasurements } from "./measurements.ts";
import { type FlashOptions, FlashRefused, readOptions } from "./options.ts";
import { playFaults } from "./play-faults.ts";
import { createProgress, type Progress, type ProgressStream } from "./progress.ts";
import { readProviderFacts, reconcile } from "./provider-facts.ts";
import { countViolations, type Result, report } from "./report.ts";
import { drawBuyers, type Market, sell } from "./sale.ts";
import { createSandboxFaults } from "./sandbox-faults.ts";
import { describeFault, planFaults } from "./schedule.ts";
import { stockUp } from "./stock-up.ts";
import { openFactStore } from "./store-facts.ts";
import { verify } from "./verify.ts";

/** What the command sees of the machine. */
export interface FlashEnvironment {
  args: readonly string[];
  stdout: NodeJS.WritableStream;
  stderr: ProgressStream;
  /** Stops the sale. */
  signal: AbortSignal;
}

const restMs = 600_000;

/** The flash command. Returns the exit code: 0 when all is well, 1 when a check failed, 2 when called wrongly. */
export async function runFlash({ args, stdout, stderr, signal }: FlashEnvironment): Promise<0 | 1 | 2> {
  let options: FlashOptions;
  try {
    options = readOptions(args, () => randomInt(2 ** 32));
  } catch (err) {
    if (!(err instanceof FlashRefused)) throw err;
    (err.exitCode === 0 ? stdout : stderr).write(`${err.message}\n`);
    return err.exitCode;
  }
  const dataDir = await mkdtemp(join(tmpdir(), "rowlock-flash-"));
  const progress = createProgress(stderr);
  let keep = options.keep;
  try {
    const result = await holdSale({ options, dataDir, progress, signal });
    stdout.write(report(result));
    const violations = countViolations(result.checks);
    keep ||= violations > 0;
    return violations > 0 ? 1 : 0;
  } catch (err) {
    progress.stop();
    if (signal.aborted) stderr.write("stopped\n");
    else {
      keep = true;
      stderr.write(`${err instanceof Error ? err.stack : String(err)}\n`);
    }
    return 1;
  } finally {
    if (keep) stderr.write(`logs and data are in ${dataDir}\n`);
    else await rm(dataDir, { recursive: true, force: true });
  }
}

async function holdSale({
  options,
  dataDir,
  progress,
  signal,
}: {
  options: FlashOptions;
  dataDir: string;
  progress: Progress;
  signal: AbortSignal;
}): Promise<Result> {
  const { seed, seconds, faults, inFlight } = options;
  const apart = faults || options.processes > 1;
  progress.say(
    `seed ${seed}; starting ${apart ? `${options.processes} replicas of every service` : "the shop"}`,
  );
  await using deployment = await deploy({
    dataDir,
    processes: options.processes,
    apart,
    log: createLog({ level: "error" }),
    signal,
  });
  using http = createHttpClient(deployment.url, 4);
  using sandbox = createHttpClient(deployment.sandboxUrl, 4);
  await using store = openFactStore(deployment.databaseUrl);
  const { staffKey, url } = deployment;
  const skus = await stockUp({ http, staffKey, ...options });
  const buyers = drawBuyers({ seed, count: options.buyers, skus });
  const measurements = createMeasurements();
  const over = new AbortController();
  const market: Market = {
    url,
    staffKey,
    seed,
    inFlight,
    measurements,
    signal: AbortSignal.any([signal, over.signal]),
  };

  const counts = { sold: 0, refused: 0 };
  const begin = performance.now();
  progress.start(buyers.length);
  const selling = sell(market, {
    buyers,
    seconds,
    onDone: ({ outcome }) => {
      if (outcome === "sold" || outcome === "refused") counts[outcome]++;
      progress.advance(counts);
    },
  });
  const breaking = faults
    ? breakThings({ options, deployment, sandbox, progress, signal: market.signal })
    : Promise.resolve({ services: 0, postgres: 0, sandbox: 0 });
  // Whichever fails first stops the other.
  const [, kills] = await Promise.all([selling, breaking]).catch(async (err: unknown) => {
    over.abort();
    await Promise.allSettled([selling, breaking]);
    throw err;
  });
  progress.stop();
  const saleSeconds = (performance.now() - begin) / 1000;

  progress.say("all buyers have left; waiting until nothing is under way");
  await deployment.ready();
  const unrest = await comeToRest({
    market,
    store,
    buyers,
    patienceMs: restMs,
    rejectTransfer: async (paymentId) => {
      const headers = { authorization: `Bearer ${staffKey}` };
      await http.send({ method: "POST", path: `/v1/payments/${paymentId}:reject`, headers, body: {} });
    },
    say: (line) => progress.say(line),
  });
  const restSeconds = (performance.now() - begin) / 1000 - saleSeconds;

  progress.say("checking");
  const facts = {
    ...(await store.facts()),
    ...(await readProviderFacts(sandbox)),
    reconciliations: await reconcile(http, staffKey),
    units: new Map(skus.map((sku) => [sku, options.units])),
    buyers,
    unrest,
  };
  const checks = verify(facts);
  return {
    options,
    facts,
    checks,
    measurements,
    saleSeconds,
    restSeconds,
    kills,
    deaths: deployment.deaths(),
  };
}

async function breakThings({
  options: { seed, seconds, verbose },
  deployment,
  sandbox,
  progress,
  signal,
}: {
  options: FlashOptions;
  deployment: Deployment;
  sandbox: ReturnType<typeof createHttpClient>;
  progress: Progress;
  signal: AbortSignal;
}) {
  const faults = planFaults({ seed, seconds, replicas: deployment.replicas });
  if (verbose) for (const fault of faults) progress.say(describeFault(fault));
  return playFaults({
    faults,
    deployment,
    sandbox: createSandboxFaults(sandbox),
    signal,
    onFault: (line) => {
      if (verbose) progress.say(`now ${line}`);
    },
  });
}
