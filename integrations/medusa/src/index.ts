import { ModuleProvider, Modules } from '@medusajs/framework/utils';
import { RieltimeProvider } from './provider';

export default ModuleProvider(Modules.PAYMENT, { services: [RieltimeProvider] });
export { RieltimeProvider };
export type { RieltimeOptions } from './options';
