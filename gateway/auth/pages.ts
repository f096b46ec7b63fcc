import { APIError } from "better-auth/api";
import { escapeHtml } from "../../lib/html.ts";
import type { Accounts } from "./better-auth.ts";

/**
 * The pages that the links in e-mails lead to when the storefront has none of its own. Plain forms, without scripts:
 * they work under any content security policy that lets a page post to where it came from.
 */
export async function servePage({
  accounts,
  request,
  page,
}: {
  accounts: Pick<Accounts, "api">;
  request: Request;
  page: string;
}): Promise<Response | undefined> {
  const query = new URL(request.url).searchParams;
  switch (`${request.method} ${page}`) {
    case "GET /verified": {
      const error = query.get("error");
      return error === null
        ? html(200, "Thank you", "<p>Your e-mail address is confirmed.</p>")
        : html(400, "This link does not work", `<p>${reasons[error] ?? unknownReason}</p>`);
    }
    case "GET /new-password":
      return passwordPage(200, query.get("token") ?? "");
    case "POST /new-password": {
      const form = new URLSearchParams(await request.text());
      return setPassword(accounts, {
        token: form.get("token") ?? "",
        newPassword: form.get("password") ?? "",
      });
    }
    default:
      return undefined;
  }
}

const unknownReason = "Please ask for a new one.";
const reasons: Record<string, string> = {
  TOKEN_EXPIRED: "It was made more than an hour ago. Please ask for a new one.",
  INVALID_TOKEN: "It is not complete, or was used before. Please ask for a new one.",
};

async function setPassword(
  { api }: Pick<Accounts, "api">,
  body: { token: string; newPassword: string },
): Promise<Response> {
  try {
    await api.resetPassword({ body });
    return html(200, "Your password is changed", "<p>You can sign in with it now.</p>");
  } catch (err) {
    if (!(err instanceof APIError)) throw err;
    const { code = "", message = "" } = err.body ?? {};
    return code === "INVALID_TOKEN"
      ? html(400, "This link does not work", `<p>${reasons.INVALID_TOKEN}</p>`)
      : passwordPage(400, body.token, `${message}.`);
  }
}

function passwordPage(status: number, token: string, problem = ""): Response {
  return html(
    status,
    "Choose a new password",
    `${problem === "" ? "" : `<p role="alert">${escapeHtml(problem)}</p>`}
    <form method="post" action="new-password">
      <input type="hidden" name="token" value="${escapeHtml(token)}">
      <p><label>New password<br>
        <input type="password" name="password" autocomplete="new-password" minlength="8" maxlength="128" required autofocus>
      </label></p>
      <p><button>Save</button></p>
    </form>`,
  );
}

function html(status: number, title: string, body: string): Response {
  return new Response(
    `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>${title}</title>
  </head>
  <body>
    <h1>${title}</h1>
    ${body}
  </body>
</html>
`,
    // The address of the page is a secret while its link works.
    { status, headers: { "content-type": "text/html; charset=utf-8", "referrer-policy": "no-referrer" } },
  );
}
