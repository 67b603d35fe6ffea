import type {
  ALBHandler,
  APIGatewayProxyEventV2,
  APIGatewayProxyHandler,
  APIGatewayProxyHandlerV2,
  Context,
  LambdaFunctionURLHandler,
} from "aws-lambda"
import { createApp } from "../app.ts"
import { lambdaContext, toLambda } from "./lambda.ts"
import { netlifyContext } from "./netlify.ts"
import { toWorker, type WorkerExecution, workerContext } from "./workers.ts"

const app = createApp()

// One handler is what each front of Lambda takes, as AWS's own types say.
export const rest: APIGatewayProxyHandler = toLambda(app)
export const http: APIGatewayProxyHandlerV2 = toLambda(app)
export const url: LambdaFunctionURLHandler = toLambda(app)
export const alb: ALBHandler = toLambda(app)

// What a platform gives has the types that were asked for.
interface Env {
  readonly GREETING: string
}
const worker = workerContext<Env>()
const lambda = lambdaContext<APIGatewayProxyEventV2, Context>()
const netlify = netlifyContext<{ readonly ip: string; readonly geo: { readonly city?: string } }>()
app.get("/", { layers: [worker, lambda, netlify] }, (ctx) => {
  const greeting: string = ctx.env.GREETING
  const left: number = ctx.lambda.context.getRemainingTimeInMillis()
  const stage: string = ctx.lambda.event.requestContext.stage
  const city: string | undefined = ctx.netlify.geo.city
  // @ts-expect-error no such binding
  void ctx.env.OTHER
  return { greeting, left, stage, city }
})

declare const execution: WorkerExecution
void toWorker<Env>(app).fetch(new Request("http://x"), { GREETING: "hi" }, execution)
// @ts-expect-error a binding is missing
void toWorker<Env>(app).fetch(new Request("http://x"), {}, execution)
