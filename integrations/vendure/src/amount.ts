/**
 * Returns an amount of Vendure, an integer with `precision` decimals in every currency, as
 * the text of the API: "12.50" dollars, "50000" riel. It rounds nothing.
 */
export function amountText(amount: number, currency: string, precision: number): string {
  const decimals = { USD: 2, KHR: 0, MYR: 2, IDR: 2 }[currency];
  if (decimals === undefined) throw new Error(`Rieltime takes no ${currency}`);
  if (!Number.isSafeInteger(amount) || amount <= 0) throw new Error('there is nothing to pay');

  const digits = String(amount).padStart(precision + 1, '0');
  const whole = digits.slice(0, digits.length - precision);
  const fraction = digits.slice(digits.length - precision).replace(/0+$/, '');
  if (fraction.length > decimals) throw new Error(`${currency} has ${decimals} decimals`);
  return decimals === 0 ? whole : `${whole}.${fraction.padEnd(decimals, '0')}`;
}
