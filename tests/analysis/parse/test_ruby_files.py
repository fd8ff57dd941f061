"""What counts as a test in a Ruby file; tables of sources."""

import pytest

from fleet.analysis.inventory import Location
from tests.analysis.parse.reading import file_of, framework_of, lines_of, locations_of

RSPEC = "require 'rspec'\n"
MINITEST = "require 'minitest/autorun'\n"
TEST_UNIT = "require 'test/unit'\n"


def rspec(source: str) -> list[str]:
    return lines_of("spec/a_spec.rb", RSPEC + source)


def minitest(source: str) -> list[str]:
    return lines_of("test/a_test.rb", MINITEST + source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("RSpec.describe Foo do it 'a' do end end", ["Foo > a"]),
        ("describe 's' do context 't' do specify('a') { } end end", ["s > t > a"]),
        ("::RSpec.describe A::B, '#c' do example 'a' do end end", ["A::B#c > a"]),
        ("describe Foo, 'when x', :slow, type: :model do it 'a' do end end", ["Foo when x > a"]),
        ("describe :foo do it 'a' do end end", ["foo > a"]),
        ('describe \'s\' do it "is #{x} \\"b\\"" do end end', ['s > is #{x} "b"']),
        ("describe 's' do it 'a ' 'b' do end end", ["s > a b"]),
        ("describe 's' do it name do end end", ["s > (dynamic)"]),
        ("describe 's' do it { is_expected.to eq 1 } end", ["s > is_expected.to eq 1"]),
        ("describe 's' do it { a; b } end", ["s > (dynamic)"]),
        ("describe 's' do its(:size) { is_expected.to eq 1 } end", ["s > size"]),
        ("feature 's' do scenario 'a' do end end", ["s > a"]),
        ("describe 's' do [1].each { |x| it 'a' do end } end", ["s > a"]),
        ("describe 's' do if x then it 'a' do end end end", ["s > a"]),
        ("describe 's' do with_options(x) do it 'a' do end end end", ["s > a"]),
        ("RSpec.shared_examples 's' do it 'a' do end end\ndescribe('t') { it_behaves_like 's' }", ["s > a"]),
        ("module M\n  class A\n    describe 's' do it 'a' do end end\n  end\nend", ["s > a"]),
        ("def self.checks\n  it 'a' do end\nend", ["a"]),
        ("describe 's' do it 'a' do it 'b' do end end end", ["s > a"]),
        ("describe 's' do let(:x) { RSpec.describe { it 'a' do end } } end", []),
        ("describe 's' do before { describe('t') { it 'a' do end } } end", []),
        ("describe 's' do def x; RSpec.describe { it 'a' do end } end end", []),
        ("describe 's' do group.it 'a' do end end", []),
        ("describe 's' do it end", []),
        ("describe 's'", []),
        ("x = <<~TEXT\n  describe 's' do it 'a' do end end\nTEXT\n", []),
    ],
)
def test_rspec_declares_groups_and_examples(source: str, expected: list[str]) -> None:
    assert rspec(source) == expected


@pytest.mark.parametrize(
    ("example", "expected"),
    [
        ("xit 'a' do end", "a skipped"),
        ("fit 'a' do end", "a focused"),
        ("focus 'a' do end", "a focused"),
        ("it 'a'", "a todo"),
        ("xit 'a'", "a skipped"),
        ("pending 'a' do end", "a xfail"),
        ("pending 'a'", "a todo"),
        ("skip 'a' do end", "a skipped"),
        ("skip 'a'", "a skipped"),
        ("it 'a', :skip do end", "a skipped"),
        ("it 'a', skip: 'why' do end", "a skipped"),
        ("it 'a', :skip => false do end", "a"),
        ("it 'a', { pending: true } do end", "a xfail"),
        ("it 'a', :focus do end", "a focused"),
        ("it 'a', &block", "a"),
        ("it 'a' do\n skip 'why'\n end", "a skipped"),
        ("it 'a' do\n pending\n b\n end", "a xfail"),
        ("it 'a' do\n skip if x\n end", "a"),
    ],
)
def test_an_example_has_the_status_of_its_word_its_options_or_its_statements(example: str, expected: str) -> None:
    assert rspec(f"describe 's' do\n{example}\nend") == [f"s > {expected}"]


def test_an_example_without_a_status_of_its_own_has_that_of_its_group() -> None:
    source = "xdescribe 's' do it 'a' do end\n it 'b', pending: 'x' do end end\nfdescribe('t') { it('c') { } }"

    assert rspec(source) == ["s skipped > a skipped", "s skipped > b xfail", "t focused > c"]


@pytest.mark.parametrize(
    "source",
    [
        "describe 's' do with(x) { pending 'why' }; it 'a' do end end",
        "skip 'why'\ndescribe('s') { it('a') { } }",
    ],
)
def test_a_skip_that_is_only_a_statement_is_no_example(source: str) -> None:
    assert rspec(source) == ["s > a"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class ATest < Minitest::Test\n def test_a; end\n def helper; end\nend", ["ATest > test_a"]),
        ("class TestA < Base\n def test_a; end\nend", ["TestA > test_a"]),
        ("class ATest\n def test_a; end\nend", ["ATest > test_a"]),
        ("class A\n def test_a; end\nend", []),
        ("class ATest < Minitest::Test; end", []),
        ("module M\n class A::BTest < Minitest::Test\n def test_a = 1\n end\nend", ["A::BTest > test_a"]),
        ("class A\n class BTest < Minitest::Test\n def test_a; end\n end\nend", ["BTest > test_a"]),
        ("class ATest < T\n class B < T\n def test_a; end\n end\nend", ["ATest > B > test_a"]),
        ("class ATest < T\n private\n def test_a; end\n public\n def test_b; end\nend", ["ATest > test_b"]),
        ("class ATest < T\n def test_a(x); end\n def test_b(x = 1); end\nend", ["ATest > test_b"]),
        ("class ATest < T\n def self.test_a; end\nend", []),
        ("class ATest < T\n if x?\n def test_a; end\n end\nend", ["ATest > test_a"]),
        ("class ATest < T\n B = Class.new do\n def test_a; end\n end\nend", []),
        ("module Checks\n def test_a; end\nend\nclass ATest < T\n include Checks\nend", ["Checks > test_a"]),
        ("class ATest < T\n def test_a; describe('s') { it('b') { } } end\nend", ["ATest > test_a"]),
        ("class ATest < ActiveSupport::TestCase\n test 'a b' do\n end\nend", ["ATest > a b"]),
        ("class ATest < T\n setup do\n test 'x' do end\n end\n test 'a' do end\nend", ["ATest > a"]),
        ("class ATest < T\n context 's' do should 'a' do end\n end\nend", ["ATest > s > a"]),
        ('class ATest < T\n %w[a b].each do |x| test "is #{x}" do end\n end\nend', ["ATest > is #{x}"]),
        (
            "describe A do it 'a' do _(1).must_equal 1 end\n describe 'b' do it 'c' do end end end",
            ["A > a", "A > b > c"],
        ),
    ],
)
def test_minitest_runs_methods_of_classes_and_blocks(source: str, expected: list[str]) -> None:
    assert minitest(source) == expected


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        ("def test_a\n skip\n end", "test_a skipped"),
        ("def test_a\n x = 1\n skip 'why'\n end", "test_a skipped"),
        ("def test_a\n skip 'why' unless x\n b\n end", "test_a"),
        ("def test_a = skip('why')", "test_a skipped"),
        ("test 'a' do skip end", "a skipped"),
        ("test 'a'", "a todo"),
        ("should_eventually 'a' do end", "a skipped"),
    ],
)
def test_a_minitest_that_always_skips_says_so(member: str, expected: str) -> None:
    assert minitest(f"class ATest < Minitest::Test\n{member}\nend") == [f"ATest > {expected}"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("class A < Test::Unit::TestCase\n def test_a; end\n test 'b' do end\nend", ["A > test_a", "A > b"]),
        ("class A < Test::Unit::TestCase\n sub_test_case 's' do\n test 'b' do end\n end\nend", ["A > s > b"]),
        ("class A < Test::Unit::TestCase\n data('x' => 1)\n def test_a(x); end\nend", []),
        (
            "class A < Test::Unit::TestCase\n def test_a; omit 'x'; end\n def test_b; pend; end\nend",
            ["A > test_a skipped", "A > test_b todo"],
        ),
    ],
)
def test_test_unit_runs_methods_of_test_cases(source: str, expected: list[str]) -> None:
    assert lines_of("test/a_test.rb", TEST_UNIT + source) == expected


@pytest.mark.parametrize(
    ("source", "framework"),
    [
        ("require 'rspec/core'", "rspec"),
        ("RSpec.describe(A) { }", "rspec"),
        ("describe(A) { it { expect(1).to eq 1 } }", "rspec"),
        ("describe(A) { it { expect { a }.not_to raise_error } }", "rspec"),
        ("describe(A) { it { a.should == 1 } }", "rspec"),
        ("require 'rails_helper'", "rspec"),
        ("require_relative '../spec_helper'\ndescribe(A) { it('a') { b } }", "rspec"),
        ("describe(A) { it('a') { b } }", "rspec"),
        ("require 'minitest/autorun'", "minitest"),
        ("require_relative '../test_helper'", "minitest"),
        ("class A < ActionDispatch::IntegrationTest; end", "minitest"),
        ("class A < Base; def test_a; end; end", "minitest"),
        ("describe(A) { it('a') { _(1).must_equal 1 } }", "minitest"),
        ("require 'spec_helper'\ndescribe(A) { it('a') { 1.wont_equal 2 } }", "minitest"),
        ("describe(A) { it('a') { assert_equal 1, 2 } }", "minitest"),
        ("describe(A) { it('a') { expect(1).must_equal 1 } }", "minitest"),
        ("class A < Base::UnitTest; def setup; allow(a).to receive(:b); end; end", "minitest"),
        ("require 'rspec/mocks'\nrequire 'minitest/autorun'", "minitest"),
        ("require 'rspec/expectations'\nrequire 'minitest/autorun'", "minitest"),
        ("RSpec.describe(A) { class B < Minitest::Test; end }", "rspec"),
        ("require 'test/unit'", "test-unit"),
        ("class A < Test::Unit::TestCase; end", "test-unit"),
        ("# RSpec.describe\nx = 'expect(1).to'", None),
        ("class A; def b; end; end", None),
    ],
)
def test_a_ruby_file_shows_its_framework(source: str, framework: str | None) -> None:
    assert framework_of("spec/a_spec.rb", source) == framework


def test_a_ruby_test_stands_where_its_call_or_its_method_stands() -> None:
    source = "RSpec.describe A do\n  it 'b' do\n  end\nend\n"

    assert locations_of("spec/a_spec.rb", source) == {"A": Location(1, 4, 0, 3), "b": Location(2, 3, 2, 5)}
    assert locations_of("test/a_test.rb", "class ATest < Minitest::Test\n  def test_a = 1\nend\n") == {
        "ATest": Location(1, 3, 0, 3),
        "test_a": Location(2, 2, 2, 16),
    }


def test_a_ruby_file_is_named_by_its_language() -> None:
    assert file_of("spec/a_spec.rb", RSPEC).language == "ruby"
