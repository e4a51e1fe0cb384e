// How a request's JSON becomes a message: both spellings, lenient lists and numbers, and refusals with their paths.
import { expect, test } from 'vitest'
import { readProto } from './proto-json.ts'
import { GENERATE_REQUEST } from './request-shape.ts'

const contents = [{ parts: [{ text: 'x' }] }]

function complaints(request: Record<string, unknown>) {
  const reading = readProto({ contents, ...request }, GENERATE_REQUEST)
  return reading.ok ? [] : reading.complaints
}

test('names in both spellings, single values for lists, numbers as text, enums in either case, nulls as absent', () => {
  const reading = readProto(
    {
      contents: { parts: { text: 'x', thought_signature: 'QUJD' } },
      system_instruction: { parts: [{ text: 'y' }] },
      generation_config: { max_output_tokens: '7', stop_sequences: 'STOP', topK: 3, seed: null },
      tools: {
        function_declarations: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } } },
      },
    },
    GENERATE_REQUEST,
  )
  expect(reading).toEqual({
    ok: true,
    message: {
      contents: [{ parts: [{ text: 'x', thoughtSignature: 'QUJD' }] }],
      systemInstruction: { parts: [{ text: 'y' }] },
      generationConfig: { maxOutputTokens: 7, stopSequences: ['STOP'], topK: 3 },
      tools: [
        {
          functionDeclarations: [{ name: 'f', parameters: { type: 'OBJECT', properties: { a: { type: 'STRING' } } } }],
        },
      ],
    },
  })
})

test('what functions take and answer is not looked into', () => {
  const args = { any_name: { $ref: 1 }, list: [null] }
  const parts = [{ functionCall: { name: 'f', args } }, { functionResponse: { name: 'f', response: args } }]
  const reading = readProto({ contents: [{ parts }] }, GENERATE_REQUEST)
  expect(reading).toEqual({ ok: true, message: { contents: [{ parts }] } })
})

test.each<[string, Record<string, unknown>, string[]]>([
  [
    'an unknown field',
    { messages: [] },
    ['Invalid JSON payload received. Unknown name "messages": Cannot find field.'],
  ],
  [
    'keywords that are not in the subset',
    {
      tools: [
        {
          functionDeclarations: [
            {
              name: 'f',
              parameters: {
                type: 'OBJECT',
                $schema: 'x',
                properties: { a: { type: 'STRING' }, b: { anyOf: [{ const: 1 }] } },
                additionalProperties: false,
              },
            },
          ],
        },
      ],
    },
    [
      `Invalid JSON payload received. Unknown name "$schema" at 'tools[0].function_declarations[0].parameters': Cannot find field.`,
      `Invalid JSON payload received. Unknown name "const" at 'tools[0].function_declarations[0].parameters.properties[1].value.any_of[0]': Cannot find field.`,
      `Invalid JSON payload received. Unknown name "additionalProperties" at 'tools[0].function_declarations[0].parameters': Cannot find field.`,
    ],
  ],
  [
    'a list of types',
    { generationConfig: { responseSchema: { type: ['STRING', 'NULL'] } } },
    [
      `Invalid JSON payload received. Unknown name "type" at 'generation_config.response_schema': Proto field is not repeating, cannot start list.`,
    ],
  ],
  [
    'an unknown mode',
    { toolConfig: { functionCallingConfig: { mode: 'ALWAYS' } } },
    [
      `Invalid value at 'tool_config.function_calling_config.mode' (type.googleapis.com/google.ai.generativelanguage.v1beta.FunctionCallingConfig.Mode), "ALWAYS"`,
    ],
  ],
  [
    'a number that is none',
    { generationConfig: { maxOutputTokens: 'many' } },
    [`Invalid value at 'generation_config.max_output_tokens' (TYPE_INT32), "many"`],
  ],
  [
    'an instruction that is text',
    { systemInstruction: 'be kind' },
    [
      `Invalid value at 'system_instruction' (type.googleapis.com/google.ai.generativelanguage.v1beta.Content), "be kind"`,
    ],
  ],
  [
    'a signature that is no base64',
    { contents: [{ parts: [{ text: 'x', thoughtSignature: '?!' }] }] },
    [`Invalid value at 'contents[0].parts[0].thought_signature' (TYPE_BYTES), Base64 decoding failed for "?!"`],
  ],
])('%s is refused with its path', (_name, request, expected) => {
  expect(complaints(request)).toEqual(expected)
})
