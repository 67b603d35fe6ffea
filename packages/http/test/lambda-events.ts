import type { ALBEvent, APIGatewayProxyEvent, APIGatewayProxyEventV2, LambdaFunctionURLEvent } from "aws-lambda"

/* Events as AWS's documentation shows them, with the values that matter to a test put in. */

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format */
export function restEvent(change: Partial<APIGatewayProxyEvent> = {}): APIGatewayProxyEvent {
  return {
    resource: "/my/path",
    path: "/my/path",
    httpMethod: "GET",
    headers: { header1: "value1", header2: "value2", Host: "id.execute-api.us-east-1.amazonaws.com" },
    multiValueHeaders: {
      header1: ["value1"],
      header2: ["value1", "value2"],
      Host: ["id.execute-api.us-east-1.amazonaws.com"],
      "X-Forwarded-For": ["192.0.2.1, 64.252.1.1"],
      "X-Forwarded-Proto": ["https"],
    },
    queryStringParameters: { parameter1: "value2", parameter2: "value" },
    multiValueQueryStringParameters: { parameter1: ["value1", "value2"], parameter2: ["value"] },
    requestContext: {
      accountId: "123456789012",
      apiId: "id",
      authorizer: { claims: null, scopes: null },
      domainName: "id.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "id",
      extendedRequestId: "request-id",
      httpMethod: "GET",
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: "192.0.2.1",
        user: null,
        userAgent: "user-agent",
        userArn: null,
        clientCert: null,
      },
      path: "/prod/my/path",
      protocol: "HTTP/1.1",
      requestId: "id=",
      requestTime: "04/Mar/2020:19:15:17 +0000",
      requestTimeEpoch: 1583349317135,
      resourceId: "abc123",
      resourcePath: "/my/path",
      stage: "prod",
    },
    pathParameters: null,
    stageVariables: null,
    body: null,
    isBase64Encoded: false,
    ...change,
  }
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html#http-api-develop-integrations-lambda.proxy-format */
export function httpEvent(
  change: Partial<APIGatewayProxyEventV2> & { method?: string; stage?: string } = {},
): APIGatewayProxyEventV2 {
  const { method = "GET", stage = "$default", ...rest } = change
  const path = rest.rawPath ?? "/my/path"
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "parameter1=value1&parameter1=value2&parameter2=value",
    cookies: ["cookie1", "cookie2"],
    headers: {
      header1: "value1",
      header2: "value1,value2",
      host: "id.execute-api.us-east-1.amazonaws.com",
      "x-forwarded-proto": "https",
    },
    queryStringParameters: { parameter1: "value1,value2", parameter2: "value" },
    requestContext: {
      accountId: "123456789012",
      apiId: "api-id",
      domainName: "id.execute-api.us-east-1.amazonaws.com",
      domainPrefix: "id",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "agent" },
      requestId: "id",
      routeKey: "$default",
      stage,
      time: "12/Mar/2020:19:03:58 +0000",
      timeEpoch: 1583348638390,
    },
    isBase64Encoded: false,
    stageVariables: { stageVariable1: "value1" },
    ...rest,
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads */
export function urlEvent(change: Partial<LambdaFunctionURLEvent> & { method?: string } = {}): LambdaFunctionURLEvent {
  const { method = "GET", ...rest } = change
  const path = rest.rawPath ?? "/my/path"
  const domain = "url-id12345.lambda-url.us-west-2.on.aws"
  return {
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "parameter1=value1&parameter1=value2&parameter2=value",
    headers: { header1: "value1", header2: "value1,value2", host: domain, "x-forwarded-proto": "https" },
    queryStringParameters: { parameter1: "value1,value2", parameter2: "value" },
    requestContext: {
      accountId: "anonymous",
      apiId: "url-id12345",
      domainName: domain,
      domainPrefix: "url-id12345",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "123.123.123.123", userAgent: "agent" },
      requestId: "id",
      routeKey: "$default",
      stage: "$default",
      time: "12/Mar/2020:19:03:58 +0000",
      timeEpoch: 1583348638390,
    },
    isBase64Encoded: false,
    ...rest,
  }
}

/** @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer */
export function albEvent(change: Partial<ALBEvent> = {}): ALBEvent {
  return {
    requestContext: {
      elb: {
        targetGroupArn:
          "arn:aws:elasticloadbalancing:us-east-2:123456789012:targetgroup/my-target-group/6d0ecf831eec9f09",
      },
    },
    httpMethod: "GET",
    path: "/my/path",
    queryStringParameters: { parameter1: "value2", parameter2: "value" },
    headers: {
      accept: "text/html,application/xhtml+xml",
      "accept-language": "en-US,en;q=0.8",
      "content-type": "text/plain",
      cookie: "cookie1; cookie2",
      header1: "value1",
      host: "lambda-846800462-us-east-2.elb.amazonaws.com",
      "user-agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6)",
      "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520",
      "x-forwarded-for": "10.9.9.9, 72.21.198.66",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
    },
    body: "",
    isBase64Encoded: false,
    ...change,
  }
}

/** With multi-value headers enabled, there are no single ones. @see https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#enable-multi-value-headers */
export function albListsEvent(change: Partial<ALBEvent> = {}): ALBEvent {
  const { headers: _none, queryStringParameters: _single, ...event } = albEvent()
  return {
    ...event,
    multiValueHeaders: {
      host: ["lambda-846800462-us-east-2.elb.amazonaws.com"],
      cookie: ["cookie1", "cookie2"],
      header1: ["value1"],
      header2: ["value1", "value2"],
      "x-forwarded-for": ["10.9.9.9, 72.21.198.66"],
      "x-forwarded-proto": ["http"],
    },
    multiValueQueryStringParameters: { parameter1: ["value1", "value2"], parameter2: ["value"] },
    ...change,
  }
}

/** @see https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export const sqsEvent: object = {
  Records: [{ messageId: "059f36b4-87a3-44ab-83d2-661975830a7d", body: "Test message.", eventSource: "aws:sqs" }],
}
