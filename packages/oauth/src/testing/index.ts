export {
  type FakeAnswer,
  type FakeEndpoint,
  type FakePerson,
  type FakeProvider,
  type FakeProviderOptions,
  fakeProvider,
} from "./fake-provider.ts"
