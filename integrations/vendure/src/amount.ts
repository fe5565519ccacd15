/** Returns an amount of Vendure, an integer with `precision` decimals in every currency, as decimal text. */
export function decimalText(amount: number, precision: number): string {
  if (!Number.isSafeInteger(amount)) throw new Error(`${amount} is no amount`);
  const digits = String(amount).padStart(precision + 1, '0');
  const whole = digits.slice(0, digits.length - precision);
  return precision === 0 ? whole : `${whole}.${digits.slice(-precision)}`;
}
