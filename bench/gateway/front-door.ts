import type { RequestListener } from "node:http";
import { pino } from "pino";
import { logAccess } from "../../gateway/front/access-log.ts";
import { createAdmission } from "../../gateway/front/admission.ts";
import { allowOrigins } from "../../gateway/front/allow-origins.ts";
import { createClientAddress } from "../../gateway/front/client-address.ts";
import { identifyRequests } from "../../gateway/front/identify-requests.ts";
import { limitAddresses } from "../../gateway/front/limit-addresses.ts";
import { createOrigins } from "../../gateway/front/origins.ts";
import { createRateLimiter } from "../../gateway/front/rate-limiter.ts";
import { createRefuse } from "../../gateway/front/refuse.ts";
import { refuseForgeries } from "../../gateway/front/refuse-forgeries.ts";
import { addSecurityHeaders } from "../../gateway/front/security-headers.ts";
import { throughLayers, visitOf } from "../../gateway/front/visit.ts";
import { createTranscoder } from "../../gateway/transcoder/index.ts";
import { EchoService } from "../../gen/rowlock/testing/v1/echo_pb.js";
import { createAuthenticator, createDirectTransport, createServerInterceptors } from "../../lib/rpc/index.ts";
import { createEchoService } from "../../lib/rpc/testing/echo-service.ts";
import { createLog } from "../../lib/telemetry/log.ts";

const publicUrl = "http://127.0.0.1";
/** More than the benchmark asks for: the limits count, but refuse nothing. */
const perMinute = 1_000_000_000;

/**
 * The echo behind all that a gateway's request goes through: its layers, who calls and how often, all interceptors
 * of the service, and a line of the access log, written to nowhere.
 */
export function frontDoor(): RequestListener {
  const services = [EchoService];
  const log = createLog({ destination: pino.destination({ dest: "/dev/null", sync: true }) });
  const authenticator = createAuthenticator({ staffKeys: [] });
  const echo = createEchoService({ echo: ({ text }) => ({ text }) });
  const interceptors = createServerInterceptors({ services, authenticator, log });
  const limiter = (name: string) => createRateLimiter({ name, perMinute });
  const admit = createAdmission({ authenticator, buyers: limiter("buyer"), keys: limiter("key") });
  const refuse = createRefuse({ isRpc: () => false });
  const origins = createOrigins([]);
  const rest = createTranscoder({
    services,
    transport: createDirectTransport({ services: [echo], interceptors }),
    prepare: ({ request, method }) => {
      visitOf(request).route = method.name;
      return admit({ request, method });
    },
  });
  return throughLayers(
    [
      identifyRequests({ clientAddress: createClientAddress([]) }),
      logAccess({ log }),
      addSecurityHeaders({ publicUrl }),
      allowOrigins({ origins }),
      refuseForgeries({ origins, publicUrl, refuse }),
      limitAddresses({ limiter: limiter("address"), refuse }),
    ],
    rest,
  );
}
