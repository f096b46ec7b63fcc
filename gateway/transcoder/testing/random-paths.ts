import type { Random } from "./random.ts";
import type { ReferenceRoute } from "./reference.ts";

const literals = ["a", "b", "%61", "caf%C3%A9", "x"];
const verbs = ["go", "%67o", "stop"];

/** A random template; `index` makes the names of its variables unique. */
export function randomRoute(random: Random): ReferenceRoute {
  const segments: string[] = [];
  const count = 1 + random.below(4);
  for (let i = 0; i < count; i++) {
    const last = i === count - 1;
    switch (random.below(6)) {
      case 0:
        segments.push("*");
        break;
      case 1:
        segments.push(`{v${i}}`);
        break;
      case 2:
        segments.push(`{v${i}=${random.pick(literals)}/*${last && random.onceIn(2) ? "*" : ""}}`);
        break;
      case 3:
        segments.push(last ? random.pick(["**", `{v${i}=**}`]) : random.pick(literals));
        break;
      default:
        segments.push(random.pick(literals));
    }
  }
  const verb = random.onceIn(3) ? `:${random.pick(verbs)}` : "";
  return {
    httpMethod: random.pick(["GET", "GET", "POST", "PUT", "*"]),
    template: `/${segments.join("/")}${verb}`,
  };
}

const odd = ["", "..", "a%2Fb", "a%2fb", "%252F", "%zz", "%ff", "a+b", "€", "a:go", ":", "go:", "%3Ago", "A"];

/** A path that fits the template, with random text for its stars, now and then damaged; or any path at all. */
export function randomPath(random: Random, template: string, texts: readonly string[] = literals): string {
  if (random.onceIn(20)) return `/${random.some(6, () => random.pick([...literals, ...odd])).join("/")}`;
  const text = (): string => random.pick(random.onceIn(8) ? odd : texts);
  const path = template
    .replace(/\{[^}=]*=([^}]*)\}/g, "$1")
    .replace(/\{[^}]*\}/g, "*")
    .replace(/\*\*/g, () => random.some(4, text).join("/"))
    .replace(/\*/g, text)
    .replace(/%61|[a-z]/g, (spelled) =>
      random.onceIn(20) ? `%${spelled.charCodeAt(0).toString(16)}` : spelled,
    );
  switch (random.below(12)) {
    case 0:
      return `${path}/`;
    case 1:
      return `${path}:${random.pick([...verbs, "nope", ""])}`;
    case 2:
      return path.replace("/", "//");
    case 3:
      return path.slice(0, random.below(path.length + 1));
    case 4:
      return path.slice(random.below(2));
    default:
      return path;
  }
}
