<?php

declare(strict_types=1);

namespace Rieltime\Plugin\Tests;

use PHPUnit\Framework\TestCase;

final class TranslationsTest extends TestCase
{
    public function testEveryTextIsTranslatedAndNoOther(): void
    {
        $sources = array_values(array_unique([...Translations::sourcesOfServer(), ...Translations::sourcesOfEditor()]));
        sort($sources);
        $this->assertContains('Check again', $sources);
        $this->assertContains('Least amount', $sources);
        foreach (Translations::LANGUAGES as $language) {
            $texts = Translations::read($language)->texts;
            unset($texts['']);
            $translated = array_map('strval', array_keys($texts));
            sort($translated);
            $this->assertSame($sources, $translated, $language);
            foreach ($texts as $source => $text) {
                $this->assertNotSame('', trim($text), "$language: $source");
                $this->assertNotSame((string) $source, $text, $language);
                $this->assertMatchesRegularExpression($language === 'km' ? '/\p{Khmer}/u' : '/\p{Han}/u', $text, "$language: $source");
            }
        }
    }

    /** If it fails, integrations/wordpress/translate makes them anew. */
    public function testWhatWordPressReadsAgreesWithItsSource(): void
    {
        foreach (Translations::LANGUAGES as $language) {
            $translations = Translations::read($language);
            $this->assertStringEqualsFile(Translations::file($language, 'mo'), $translations->mo(), $language);
            $this->assertStringEqualsFile(Translations::file($language, 'json'), $translations->json(Translations::sourcesOfEditor()), $language);
        }
    }
}
