// Pages from templates: a list of articles, one of them, and a layout around both.

#include <array>

#include <ropeway/json.hpp>
#include <ropeway/ropeway.hpp>

namespace {

struct Article {
  const char* name;
  const char* title;
  const char* text;
  bool is_new;
};

constexpr std::array articles{
    Article{"ropes", "Ropes & pulleys", "A rope that runs carries many cabins.", false},
    Article{"cabins", "What a cabin <weighs>", "One cabin stops; the others keep moving.", true},
};

nlohmann::json to_json(const Article& article) {
  return {{"name", article.name}, {"title", article.title}, {"text", article.text}, {"new", article.is_new}};
}

class ListArticles final : public ropeway::Handler {
 public:
  static ropeway::Settings settings() { return {ropeway::Templates::setting()}; }
  ListArticles(const ropeway::ConfigNode& options, ropeway::Services& services) : templates_(ropeway::Templates::from(options, services)) {
    templates_.require({"articles/list"});
  }

  ropeway::Response handle(const ropeway::Request& request) const override {
    nlohmann::json page{{"title", "Articles"}, {"visitor", request.query("visitor").value_or("")}, {"articles", nlohmann::json::array()}};
    for (const Article& article : articles) page["articles"].push_back(to_json(article));
    return templates_.render("articles/list", page);
  }

 private:
  ropeway::Templates templates_;
};

class ShowArticle final : public ropeway::Handler {
 public:
  static ropeway::Settings settings() { return {ropeway::Templates::setting()}; }
  ShowArticle(const ropeway::ConfigNode& options, ropeway::Services& services) : templates_(ropeway::Templates::from(options, services)) {
    templates_.require({"articles/show", "articles/missing"});
  }

  ropeway::Response handle(const ropeway::Request& request) const override {
    for (const Article& article : articles) {
      if (request.param("name") == article.name) return templates_.render("articles/show", to_json(article));
    }
    return templates_.render("articles/missing", {{"title", "No such article"}, {"name", request.param("name")}})
        .status(ropeway::Status::not_found);
  }

 private:
  ropeway::Templates templates_;
};

}  // namespace

int main(int argc, char* argv[]) {
  return ropeway::launch(argc, argv, [](ropeway::Registry& registry) {
    registry.handler<ListArticles>("list_articles");
    registry.handler<ShowArticle>("show_article");
  });
}
