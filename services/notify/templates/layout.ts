import { type Html, html } from "./html.ts";

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/** Colours and type of the shop's own pages, as its e-mails have them. */
export const style = {
  text: `${font};font-size:16px;line-height:24px;color:#1f2933`,
  small: `${font};font-size:13px;line-height:20px;color:#616e7c`,
  title: `${font};font-size:26px;line-height:34px;font-weight:700;color:#102a43`,
  strong: `${font};font-size:16px;line-height:24px;font-weight:700;color:#102a43`,
} as const;

/** The frame of a page that somebody comes to from a message: one column, 600 pixels wide at most. */
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
