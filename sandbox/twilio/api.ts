import { parseFlatForm } from "../http/form.ts";
import { json, queryInteger, type Reply, type SandboxRequest, type Vendor } from "../http/message.ts";
import { Router } from "../http/router.ts";
import { timedHex } from "../ids.ts";
import type { Store } from "../store/store.ts";
import type { Tell } from "../webhooks/targets.ts";
import { hasStopped } from "./answers.ts";
import { tellOfMessage } from "./callbacks.ts";
import { renderMessage, type TwilioRecords } from "./messages.ts";
import { readMessage, TwilioError } from "./read.ts";

type Endpoint = (call: { request: SandboxRequest; path: Record<string, string> }) => Reply;

const ROOT = "/2010-04-01/Accounts/:account";

/** Twilio's Messages resource. Texts are shown in the inbox and go nowhere else. */
export function createTwilioApi({
  store,
  records,
  now,
  tell,
}: {
  store: Store;
  records: TwilioRecords;
  tell: Tell;
  now: () => number;
}): Vendor {
  const router = new Router<Endpoint>();
  router.add("POST", `${ROOT}/Messages.json`, create);
  router.add("GET", `${ROOT}/Messages.json`, list);
  router.add("GET", `${ROOT}/Messages/:sid`, fetch);
  router.add("GET", `${ROOT}.json`, accountOf);

  function create({ request, path }: Parameters<Endpoint>[0]): Reply {
    const type = request.headers["content-type"] ?? "";
    const form = type.startsWith("application/x-www-form-urlencoded")
      ? parseFlatForm(request.body.toString())
      : undefined;
    if (!form) throw new TwilioError(400, 20001, "The request is not application/x-www-form-urlencoded.");
    const fields = readMessage(form, { account: path["account"] ?? "", now: now() });
    if (hasStopped(records, { phone: fields.to, sender: fields.from ?? "" })) {
      throw new TwilioError(400, 21610, "Attempt to send to unsubscribed recipient");
    }
    const id = `${fields.media.length > 0 ? "MM" : "SM"}${timedHex(32)}`;
    const message = store.write(() => {
      const made = records.messages.insert({ ...fields, id, created: now() });
      tellOfMessage(tell, made);
      return made;
    });
    return json(201, renderMessage(message, { now: message.created }));
  }

  function fetch({ path }: Parameters<Endpoint>[0]): Reply {
    const sid = /^(.+)\.json$/.exec(path["sid"] ?? "")?.[1] ?? "";
    const message = records.messages.get(sid);
    if (!message || message.account !== path["account"]) {
      throw new TwilioError(
        404,
        20404,
        `The requested resource /2010-04-01/Accounts/${path["account"]}/Messages/${path["sid"]} was not found`,
      );
    }
    return json(200, renderMessage(message, { now: now() }));
  }

  function list({ request, path }: Parameters<Endpoint>[0]): Reply {
    const query = new URLSearchParams(request.query);
    const size = queryInteger(query, { name: "PageSize", min: 1, max: 1000, fallback: 50 });
    const page = queryInteger(query, { name: "Page", min: 0, max: 1_000_000, fallback: 0 });
    const { items, more } = records.messages.page({
      where: { to: query.get("To") ?? undefined, from: query.get("From") ?? undefined },
      limit: size,
      offset: page * size,
    });
    const uri = (to: number) => {
      const changed = new URLSearchParams(query);
      changed.set("PageSize", String(size));
      changed.set("Page", String(to));
      return `/2010-04-01/Accounts/${path["account"]}/Messages.json?${changed.toString()}`;
    };
    return json(200, {
      messages: items.map((message) => renderMessage(message, { now: now() })),
      page,
      page_size: size,
      start: page * size,
      end: page * size + Math.max(items.length - 1, 0),
      uri: uri(page),
      first_page_uri: uri(0),
      next_page_uri: more ? uri(page + 1) : null,
      previous_page_uri: page > 0 ? uri(page - 1) : null,
    });
  }

  function accountOf({ path }: Parameters<Endpoint>[0]): Reply {
    return json(200, {
      sid: path["account"],
      friendly_name: "Rowlock sandbox",
      status: "active",
      type: "Trial",
    });
  }

  function handle(request: SandboxRequest): Reply {
    try {
      const route = router.match(request.method, request.path);
      checkCredentials(request, route?.params["account"]);
      if (!route) throw new TwilioError(404, 20404, `The requested resource ${request.path} was not found`);
      return route.handler({ request, path: route.params });
    } catch (err) {
      if (!(err instanceof TwilioError)) throw err;
      return refusal(err);
    }
  }

  return {
    name: "twilio",
    maxBody: 1_000_000,
    owns: (path) => path.startsWith("/2010-04-01/"),
    handle,
    failures: {
      vendor: "twilio",
      internal: () => refusal(new TwilioError(500, 20500, "Internal Server Error")),
      rateLimited: () => refusal(new TwilioError(429, 20429, "Too Many Requests")),
    },
    tooLarge: () => refusal(new TwilioError(413, 20006, "The request body is too large.")),
  };
}

function refusal({ status, code, message }: TwilioError): Reply {
  return json(status, { code, message, more_info: `https://www.twilio.com/docs/errors/${code}`, status });
}

function checkCredentials({ headers }: SandboxRequest, account: string | undefined): void {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? "";
  const [user = "", secret = ""] = Buffer.from(basic, "base64").toString().split(":");
  const known =
    /^AC[0-9a-fA-F]{32}$/.test(user) && secret !== "" && (account === undefined || account === user);
  // API keys (SK…) may act for any account.
  if (known || (/^SK[0-9a-fA-F]{32}$/.test(user) && secret !== "")) return;
  throw new TwilioError(401, 20003, "Authenticate");
}
