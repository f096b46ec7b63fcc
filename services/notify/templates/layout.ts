import { type Html, html, type Part } from "./html.ts";

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** Colours and type of all e-mails; mail clients honour only what stands in the element itself. */
export const style = {
  text: `${font};font-size:16px;line-height:24px;color:#1f2933`,
  small: `${font};font-size:13px;line-height:20px;color:#616e7c`,
  label: `${font};font-size:12px;line-height:18px;color:#616e7c;text-transform:uppercase;letter-spacing:.06em`,
  title: `${font};font-size:26px;line-height:34px;font-weight:700;color:#102a43`,
  strong: `${font};font-size:16px;line-height:24px;font-weight:700;color:#102a43`,
  code: "font-family:Menlo,Consolas,'Courier New',monospace;font-size:15px;line-height:24px;color:#102a43;word-break:break-all",
  line: "border-bottom:1px solid #e4e7eb",
} as const;

/**
 * The frame of every e-mail: one column, 600 pixels wide at most, made of
 * tables, because Outlook lays out nothing else. Works without images and
 * without its style sheet, which only makes phones and dark mode nicer.
 */
export function layout({
  shopName,
  subject,
  preview,
  footer,
  sections,
}: {
  shopName: string;
  subject: string;
  /** What the inbox shows besides the subject. */
  preview: string;
  footer: string;
  sections: readonly Html[];
}): string {
  return html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="format-detection" content="telephone=no,address=no,date=no">
<meta name="color-scheme" content="light">
<meta name="supported-color-schemes" content="light">
<title>${subject}</title>
<style>
@media (max-width:480px) { .pad { padding-left:20px !important; padding-right:20px !important } .half { display:block !important; width:100% !important; padding-bottom:16px !important } }
a { color:#0b69a3 }
</style>
</head>
<body style="margin:0;padding:0;background-color:#f0f3f6;-webkit-text-size-adjust:100%">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${preview}</div>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background-color:#f0f3f6">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px">
<tr><td class="pad" style="padding:8px 36px 20px;${style.strong};font-size:20px">${shopName}</td></tr>
<tr><td style="background-color:#ffffff;border:1px solid #e4e7eb;border-radius:10px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
${sections.map((section) => html`<tr><td class="pad" style="padding:14px 36px">${section}</td></tr>\n`)}<tr><td style="height:18px;line-height:18px;font-size:0">&nbsp;</td></tr>
</table>
</td></tr>
<tr><td class="pad" style="padding:20px 36px;${style.small}">${footer}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`.markup;
}

/** A table without borders, the width of its place. */
export function table(rows: Part): Html {
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
${rows}</table>`;
}

/** A link that looks like a button, also where CSS is poor: the cell has the colour, the link the padding. */
export function button({ href, label }: { href: string; label: string }): Html {
  return html`<table role="presentation" cellpadding="0" cellspacing="0" border="0"><tr>
<td bgcolor="#0b69a3" style="background-color:#0b69a3;border-radius:6px">
<a href="${href}" style="display:inline-block;padding:12px 26px;${style.text};font-weight:600;color:#ffffff;text-decoration:none">${label}</a>
</td></tr></table>`;
}

/** A shaded box, for what must not be overlooked. */
export function panel(content: Part): Html {
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="#f5f8fb" style="background-color:#f5f8fb;border-left:4px solid #0b69a3;border-radius:6px">
<tr><td style="padding:16px 20px">${content}</td></tr>
</table>`;
}

/** A subject is one line: nothing in it may begin a header of its own. */
export function singleLine(subject: string): string {
  return subject
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, 200);
}
