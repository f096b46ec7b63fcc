/** What an e-mail says, as text and, when it is written in it, as HTML. */
export function contentsOf(content: string): { text: string; html: string } {
  if (!/<[a-z!/][^>]*>/i.test(content)) return { text: content, html: "" };
  const text = content
    .replace(/<(style|script)\b[\s\S]*?<\/\1\s*>/gi, "")
    .replace(/<(?:br|\/p|\/div|\/h[1-6]|\/li|\/tr)\b[^>]*>/gi, "\n")
    .replace(/<[^>]*>/g, "")
    .replace(/&nbsp;/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&amp;/g, "&")
    .trim();
  return { text: text || content, html: content };
}
