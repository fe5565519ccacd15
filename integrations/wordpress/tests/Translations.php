<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

/** The plugin's texts in a language: read from its .po, and written as WordPress reads them. */
final class Translations
{
    public const LANGUAGES = ['km', 'zh_CN'];
    private const CONTEXT = "\x04"; // between a context and its text

    /** @param array<string, string> $texts translations by their source text, the header's being empty */
    private function __construct(private readonly string $language, public readonly array $texts)
    {
    }

    /** The file of a language that ends in po, mo or json. */
    public static function file(string $language, string $ending): string
    {
        // WordPress finds the texts of a script by the name under which it is registered.
        $script = $ending === 'json' ? '-rieltime-button' : '';
        return dirname(__DIR__) . "/rieltime/languages/rieltime-$language$script.$ending";
    }

    public static function read(string $language): self
    {
        $texts = [];
        foreach (preg_split('/\n\n+/', trim((string) file_get_contents(self::file($language, 'po')))) ?: [] as $entry) {
            $fields = ['msgctxt' => null, 'msgid' => '', 'msgstr' => ''];
            $field = '';
            foreach (explode("\n", $entry) as $line) {
                if (str_starts_with($line, '#')) {
                    continue;
                }
                if (!preg_match('/^(?:(msgctxt|msgid|msgstr) )?("(?:[^"\\\\]|\\\\.)*")$/', $line, $match)) {
                    throw new \UnexpectedValueException("$language: $line");
                }
                $field = $match[1] ?: $field;
                $fields[$field] .= json_decode($match[2], flags: JSON_THROW_ON_ERROR);
            }
            $source = self::key($fields['msgid'], $fields['msgctxt']);
            if (isset($texts[$source])) {
                throw new \UnexpectedValueException("$language has twice: $source");
            }
            $texts[$source] = $fields['msgstr'];
        }
        return new self($language, $texts);
    }

    /** A source text as it is looked up. */
    public static function key(string $text, ?string $context = null): string
    {
        return $context === null ? $text : $context . self::CONTEXT . $text;
    }

    /** The .mo: a header, two tables of lengths and offsets, then the texts, in order of their sources. */
    public function mo(): string
    {
        $texts = $this->texts;
        ksort($texts, SORT_STRING);
        $count = count($texts);
        $tables = $strings = '';
        foreach ([array_map('strval', array_keys($texts)), array_values($texts)] as $column) {
            foreach ($column as $text) {
                $tables .= pack('VV', strlen($text), 28 + 16 * $count + strlen($strings));
                $strings .= "$text\0";
            }
        }
        return pack('V7', 0x950412de, 0, $count, 28, 28 + 8 * $count, 0, 28 + 16 * $count) . $tables . $strings;
    }

    /**
     * The .json, of a script's texts alone.
     *
     * @param list<string> $sources
     */
    public function json(array $sources): string
    {
        sort($sources);
        $messages = ['' => ['domain' => 'messages', 'lang' => $this->language]];
        foreach ($sources as $source) {
            $messages[$source] = [$this->texts[$source]];
        }
        return json_encode(['domain' => 'messages', 'locale_data' => ['messages' => $messages]], JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR) . "\n";
    }

    /** @return list<string> the texts of the plugin's PHP files and of its blocks' descriptions */
    public static function sourcesOfServer(): array
    {
        $sources = [];
        $folder = dirname(__DIR__) . '/rieltime';
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator("$folder/src", \FilesystemIterator::SKIP_DOTS)) as $file) {
            $sources = [...$sources, ...self::sourcesIn((string) $file)];
        }
        $block = json_decode((string) file_get_contents("$folder/blocks/button/block.json"), true, flags: JSON_THROW_ON_ERROR);
        foreach (['title', 'description'] as $name) {
            $sources[] = self::key($block[$name], "block $name");
        }
        return array_values(array_unique($sources));
    }

    /** @return list<string> the texts of the block in the editor */
    public static function sourcesOfEditor(): array
    {
        return array_values(array_unique(self::sourcesIn(dirname(__DIR__) . '/rieltime/blocks/button/editor.js')));
    }

    /**
     * The texts that a file gives to __() and its like. Each must be a literal with the plugin's
     * domain; a text of WordPress itself has none.
     *
     * @return list<string>
     */
    private static function sourcesIn(string $file): array
    {
        $sources = [];
        $code = (string) file_get_contents($file);
        preg_match_all('/\b(?:esc_html|esc_attr)?_[_ex]\((?!\'Settings\'\))/', $code, $calls, PREG_OFFSET_CAPTURE);
        foreach ($calls[0] as [$call, $offset]) {
            $rest = substr($code, $offset + strlen($call));
            if (!preg_match("/^\\s*'([^'\\\\]*)', 'rieltime'\\s*\\)/", $rest, $match)) {
                throw new \UnexpectedValueException("$file: not a text with the plugin's domain: " . strtok($rest, "\n"));
            }
            $sources[] = $match[1];
        }
        return $sources;
    }
}
