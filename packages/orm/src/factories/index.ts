export {
  defineFactory,
  type Factory,
  type FactoryContext,
  type FactoryRows,
  type FactoryValues,
} from "./factory.ts"
export { Random } from "./random.ts"
