/** What an e-mail says, as text and, when it is written in HTML, as that. */
export function contentsOf(content: string): { text: string; html: string } {
  // No pattern looks beyond the next tag, so that the time grows with the length alone.
  if (!/<[a-z!/][^<>]*>/i.test(content)) return { text: content, html: "" };
  const text = content
    .replace(/<(?:br|\/p|\/div|\/h[1-6]|\/li|\/tr)\b[^<>]*>/gi, "\n")
    .replace(/<[^<>]*>/g, "")
    .replace(/&(nbsp|lt|gt|amp);/g, (_, name: keyof typeof entities) => entities[name])
    .trim();
  return { text: text || content, html: content };
}

const entities = { nbsp: " ", lt: "<", gt: ">", amp: "&" };
