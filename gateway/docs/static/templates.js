// Lists the templates of messages and shows each as its reader would see it. The page holds nothing itself: all of it
// comes from the calls of NotifyService, with the key that staff enter.

const keyName = "rowlock-staff-key";
const parts = ["subject", "html", "text", "sms"];
const element = (id) => document.getElementById(id);
const fields = element("edit").elements;

const view = { form: "html", width: "680", colors: "light" };
let templates = [];
let settings = [];
let chosen;
let shown = { subject: "", html: "", text: "", sms: "" };

/** Calls the shop; what it refuses is thrown, and a key that will not do is asked for again. */
async function call(method, path, body) {
  const answer = await fetch(`/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${sessionStorage.getItem(keyName) ?? ""}`,
      ...(body && { "content-type": "application/json" }),
    },
    body: body && JSON.stringify(body),
  });
  const said = await answer.json();
  if (answer.ok) return said;
  if (answer.status === 401 || answer.status === 403) askForKey();
  throw new Error(said.error?.message ?? `The shop answered ${answer.status}.`);
}

function askForKey() {
  sessionStorage.removeItem(keyName);
  element("sign-in").hidden = false;
  element("templates").hidden = true;
}

/** Runs what an event asks for; what goes wrong is told at the place. */
function attempt(place, work) {
  const problem = element(place);
  problem.hidden = true;
  Promise.resolve()
    .then(work)
    .catch((error) => {
      problem.textContent = error.message;
      problem.hidden = false;
    });
}

async function load() {
  templates = [];
  let pageToken = "";
  do {
    const page = await call("GET", `/templates?pageSize=200&pageToken=${encodeURIComponent(pageToken)}`);
    templates.push(...page.templates);
    pageToken = page.nextPageToken;
  } while (pageToken);
  ({ settings } = await call("GET", "/messageSettings"));
  element("sign-in").hidden = true;
  element("templates").hidden = false;
  const names = new Intl.DisplayNames(undefined, { type: "language" });
  const languages = [...new Set(templates.map(({ language }) => language))];
  const select = element("language");
  const [event = "order.fulfilled", language = languages.includes("en") ? "en" : languages[0]] = location.hash
    .slice(1)
    .split("/");
  select.replaceChildren(...languages.map((each) => new Option(`${names.of(each)} (${each})`, each)));
  select.value = languages.includes(language) ? language : "en";
  await choose(event);
}

const pathOf = ({ event, language }) => `/templates/${event}/${language}`;
const isOfOrder = () => chosen.event.startsWith("order.");

async function choose(event) {
  const language = element("language").value;
  const ofLanguage = templates.filter((each) => each.language === language);
  const { event: name } = ofLanguage.find((each) => each.event === event) ?? ofLanguage[0];
  chosen = await call("GET", pathOf({ event: name, language }));
  history.replaceState(null, "", `#${name}/${language}`);
  element("events").replaceChildren(
    ...ofLanguage.map((each) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.textContent = each.event.replace(".", ": ").replaceAll("_", " ");
      button.setAttribute("aria-current", String(each.event === name));
      if (each.override)
        button.append(Object.assign(document.createElement("small"), { textContent: "your own" }));
      button.addEventListener("click", () => attempt("problem", () => choose(each.event)));
      item.append(button);
      return item;
    }),
  );
  document
    .querySelector('#events [aria-current="true"]')
    .scrollIntoView({ block: "nearest", inline: "center" });
  fill(chosen.override ?? {});
  element("of-order").hidden = !isOfOrder();
  showSetting();
  await preview();
}

function fill(words) {
  for (const part of parts) fields[part].value = words[part] ?? "";
}

function showSetting() {
  const setting = settings.find(({ event }) => event === chosen.event);
  for (const box of document.querySelectorAll("[data-channel]")) box.checked = setting[box.dataset.channel];
  document.querySelector('[data-channel="sms"]').disabled = !isOfOrder();
}

/** What the fields say. */
const words = () => Object.fromEntries(parts.map((part) => [part, fields[part].value]));

async function preview(override) {
  const orderId = isOfOrder() ? element("order").value.trim() : "";
  shown = await call("POST", `${pathOf(chosen)}:preview`, { ...(override && { override }), orderId });
  show();
}

function show() {
  if (view.form === "sms" && !shown.sms) view.form = "html";
  element("subject").textContent = shown.subject;
  element("about").textContent =
    `${chosen.event} in ${chosen.language}: ${chosen.override ? "your own words, and Rowlock’s where you gave none" : "Rowlock’s words"}`;
  for (const [name, value] of Object.entries(view)) {
    for (const button of document.querySelectorAll(`[data-${name}]`)) {
      button.setAttribute("aria-pressed", String(button.dataset[name] === value));
    }
  }
  document.querySelector('[data-form="sms"]').disabled = !shown.sms;
  const isMail = view.form === "html";
  for (const group of document.querySelectorAll(".of-html")) group.hidden = !isMail;
  element("mail").hidden = !isMail;
  element("words").hidden = isMail;
  element("words").textContent = isMail ? "" : shown[view.form];
  element("mail").style.maxWidth = `${view.width}px`;
  // The colors are chosen here, whatever this page has: the e-mail's own question is answered for it.
  const asked = /\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)/g;
  element("mail").srcdoc = shown.html.replace(asked, (_, colors) =>
    colors === view.colors ? "(min-width: 0)" : "(max-width: 0)",
  );
}

for (const name of Object.keys(view)) {
  for (const button of document.querySelectorAll(`[data-${name}]`)) {
    button.addEventListener("click", () => {
      view[name] = button.dataset[name];
      show();
    });
  }
}

element("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(keyName, element("key").value.trim());
  element("key").value = "";
  attempt("problem", load);
});

element("language").addEventListener("change", () => attempt("problem", () => choose(chosen.event)));

element("of-order").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt("problem", () => preview());
});

for (const box of document.querySelectorAll("[data-channel]")) {
  box.addEventListener("change", () =>
    attempt("problem", async () => {
      const { event } = chosen;
      try {
        const setting = await call("PATCH", `/messageSettings/${event}`, {
          [box.dataset.channel]: box.checked,
        });
        settings = settings.map((each) => (each.event === event ? setting : each));
      } finally {
        showSetting();
      }
    }),
  );
}

const actions = {
  try: () => preview(words()),
  start: () => fill(chosen.parts),
  save: async () => {
    await call("PUT", pathOf(chosen), { override: words(), etag: chosen.etag });
    await load();
  },
  reset: async () => {
    await call("DELETE", `${pathOf(chosen)}?etag=${encodeURIComponent(chosen.etag)}`);
    await load();
  },
};

element("edit").addEventListener("submit", (event) => {
  event.preventDefault();
  attempt("flaw", actions[event.submitter?.value ?? "try"]);
});

if (sessionStorage.getItem(keyName)) attempt("problem", load);
else askForKey();
