/** The basic set of 3GPP TS 23.038, one septet a character, and its extension, two septets. */
const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const EXTENDED = new Set("^{}\\[~]|€\f");

/** How many SMS a text takes: 160 septets or 70 UTF-16 units in one, 153 or 67 in each of several. */
export function segmentsOf(text: string): number {
  const chars = [...text];
  if (chars.every((char) => BASIC.has(char) || EXTENDED.has(char))) {
    const septets = chars.reduce((sum, char) => sum + (EXTENDED.has(char) ? 2 : 1), 0);
    return septets <= 160 ? 1 : Math.ceil(septets / 153);
  }
  return text.length <= 70 ? 1 : Math.ceil(text.length / 67);
}
