/** The table of docs/configuration.md: checks and defaults from the settings, meanings from the options' comments. */
import ts from 'typescript';
import { SETTINGS, type SettingPath } from '../../../packages/sdk/src/config/settings.js';
import { table } from './markdown.js';

export function settingsTable(optionsSource: string): string {
  const meanings = meaningsOf(optionsSource);
  return table(
    ['option', 'default', 'accepts', 'meaning'],
    (Object.keys(SETTINGS) as SettingPath[]).map((path) => {
      const { check, fallback } = SETTINGS[path];
      // A symbol passes no check, so that every check says what it wants.
      const checked = check(Symbol('nothing'));
      const meaning = meanings.get(path);
      if (checked.ok || meaning === undefined) throw new Error(`${path} has no check or no comment`);
      return [`\`${path}\``, defaultText(fallback), checked.expected, withoutDefault(meaning)];
    }),
  );
}

function defaultText(fallback: unknown): string {
  return fallback === undefined ? '–' : `\`${JSON.stringify(fallback)}\``;
}

/** The default has a column of its own; a comment that says nothing else stays. */
function withoutDefault(meaning: string): string {
  return meaning.replace(/ (1 to [\d ]+ ms; d|D)efault (`[^`]*`|[\d ]+|none)\.$/, '') || meaning;
}

/** The comment of every option by its path: an option whose type is an interface here is a group. */
function meaningsOf(source: string): Map<string, string> {
  const file = ts.createSourceFile('options.ts', source, ts.ScriptTarget.ES2023, true);
  const interfaces = new Map(
    file.statements.filter(ts.isInterfaceDeclaration).map((node) => [node.name.text, node]),
  );
  const meanings = new Map<string, string>();
  const read = (name: string, prefix: string): void => {
    const node = interfaces.get(name);
    for (const { types } of node?.heritageClauses ?? []) {
      for (const type of types) read(type.expression.getText(file), prefix);
    }
    for (const member of node?.members ?? []) {
      const path = `${prefix}${member.name?.getText(file)}`;
      const comments = ts.getJSDocCommentsAndTags(member).filter(ts.isJSDoc);
      meanings.set(path, comments.map((comment) => ts.getTextOfJSDocComment(comment.comment)).join(' '));
      const type = ts.isPropertySignature(member) ? (member.type?.getText(file) ?? '') : '';
      for (const part of type.split('|')) read(part.trim(), `${path}.`);
    }
  };
  read('RegisterOptions', '');
  return new Map([...meanings].map(([path, text]) => [path, text.replaceAll(/\s+/g, ' ').trim()]));
}
