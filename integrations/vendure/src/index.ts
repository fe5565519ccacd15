export { RieltimePlugin } from './plugin';
export type { RieltimeOptions } from './options';
export { rieltimeHandler } from './handler';
